"""The CSV tables of a GTFS zip, row by row, with every fault noted by file and line. No database.

A feed is somebody else's file: sizes are checked before anything is unpacked, and a broken row
is a noted problem, never an exception.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

# Real feeds shrink to a tenth or a twentieth; a zip bomb shrinks a thousandfold.
MAX_RATIO = 200
MAX_TOTAL_BYTES = 1024**3
MAX_ID = 100


class RowError(Exception):
    """What is wrong with one row, as a sentence without the place."""


@dataclass(frozen=True)
class Problem:
    """One finding; only errors stop an import. Line 0 means the whole file."""

    file: str
    line: int
    text: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass
class Findings:
    """Collects the problems of a feed and how many rows were read of each file."""

    problems: list[Problem] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def error(self, file: str, line: int, text: str) -> None:
        """Note something that makes the feed unfit for import."""
        self.problems.append(Problem(file, line, text))

    def note(self, file: str, line: int, text: str) -> None:
        """Note something odd that was dealt with."""
        self.problems.append(Problem(file, line, text, is_error=False))


@dataclass(frozen=True)
class Row:
    """One data row with its place."""

    file: str
    line: int
    values: Mapping[str, str]

    def optional(self, name: str) -> str:
        """Return the trimmed value, empty where the column or the value is missing."""
        return self.values.get(name, "").strip()

    def text(self, name: str) -> str:
        """Return the value of a column that must be filled; raises RowError."""
        value = self.optional(name)
        if not value:
            raise RowError(f"{name} is missing")
        return value

    def key(self, name: str) -> str:
        """Return an id; raises RowError where it is missing or too long for our tables."""
        value = self.text(name)
        if len(value) > MAX_ID:
            raise RowError(f"{name} is longer than {MAX_ID} characters")
        return value


class Archive:
    """An open GTFS zip whose sizes have been checked."""

    def __init__(self, zip_file: zipfile.ZipFile, findings: Findings) -> None:
        self._zip = zip_file
        self._findings = findings
        self._members = _members(zip_file)

    def has(self, file: str) -> bool:
        """Tell whether the feed has the file."""
        return file in self._members

    def close(self) -> None:
        """Close the zip file."""
        self._zip.close()

    def each(self, file: str, columns: Sequence[str], take: Callable[[Row], None]) -> None:
        """Give every row of the file to `take`; a RowError of `take` is noted with its line."""
        for row in self._rows(file, columns):
            try:
                take(row)
            except RowError as error:
                self._findings.error(file, row.line, str(error))

    def _rows(self, file: str, columns: Sequence[str]) -> Iterator[Row]:
        self._findings.rows[file] = 0
        line = 0
        try:
            with self._zip.open(self._members[file]) as raw:
                reader = csv.reader(io.TextIOWrapper(raw, "utf-8-sig", newline=""), strict=True)
                header = [name.strip() for name in next(reader, [])]
                missing = [name for name in columns if name not in header]
                if missing:
                    self._findings.error(file, 1, f"has no column {', '.join(missing)}")
                    return
                for cells in reader:
                    line = reader.line_num
                    yield from self._row(file, line, header, cells)
        except (csv.Error, UnicodeDecodeError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            self._findings.error(file, line + 1, f"cannot be read further: {error}")

    def _row(self, file: str, line: int, header: list[str], cells: list[str]) -> Iterator[Row]:
        if not any(cells):
            return
        self._findings.rows[file] += 1
        if any(cells[len(header) :]):
            text = f"has {len(cells)} fields where the header has {len(header)}"
            self._findings.error(file, line, text)
            return
        yield Row(file, line, dict(zip(header, cells, strict=False)))


def open_archive(path: Path, findings: Findings) -> Archive | None:
    """Open the zip if it is one and its sizes are harmless; else note why and return None."""
    try:
        zip_file = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        findings.error(path.name, 0, f"is not a zip file that can be read: {error}")
        return None
    complaint = _danger(zip_file)
    if complaint:
        findings.error(path.name, 0, complaint)
        zip_file.close()
        return None
    return Archive(zip_file, findings)


def _danger(zip_file: zipfile.ZipFile) -> str:
    # zipfile never unpacks more than the declared size, so the declared sizes can be trusted.
    infos = zip_file.infolist()
    if sum(info.file_size for info in infos) > MAX_TOTAL_BYTES:
        return f"unpacks to more than {MAX_TOTAL_BYTES} bytes"
    for info in infos:
        if info.file_size > MAX_RATIO * max(info.compress_size, 1):
            return f"{info.filename} is compressed more than {MAX_RATIO}:1"
        if info.flag_bits & 1:
            return f"{info.filename} is encrypted"
    return ""


def _members(zip_file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the text files by name; files of the root win over those of a folder."""
    infos = [info for info in zip_file.infolist() if info.filename.endswith(".txt")]
    infos.sort(key=lambda info: -info.filename.count("/"))
    return {PurePosixPath(info.filename).name: info for info in infos}
