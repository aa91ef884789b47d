from maritime.lib import sql


def test_quotes_columns_since_some_are_called_like_words_of_sql():
    assert sql.columns("family", ("code", "order")) == 'family."code", family."order"'


def test_makes_an_object_of_columns_and_expressions():
    made = sql.record("area", ("code",), weighs="area.total_kg > 0")

    assert made == """json_build_object('code', area."code", 'weighs', area.total_kg > 0)"""


def test_makes_an_array_that_is_empty_where_there_are_no_rows():
    made = sql.records("pet.kind", "pets pet", order="pet.id")

    assert made == "(SELECT coalesce(json_agg(pet.kind ORDER BY pet.id), '[]') FROM pets pet)"
