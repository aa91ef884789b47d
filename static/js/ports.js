// Turns a select list of ports into a field with suggestions: names, other names, countries, codes.
// The pattern is the editable combobox with list autocomplete of the ARIA Authoring Practices; the
// select list stays in the form, hidden, and carries the value.
"use strict";

(() => {
  const fields = [...document.querySelectorAll("[data-ports]")];
  if (!fields.length) return;
  const MOST = 40;
  const language = document.documentElement.lang || "en";
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const named = (locale) => new Intl.DisplayNames([locale], { type: "region", fallback: "code" });
  const [here, english] = [named(language), named("en")];

  // A port with what it may be found by; words that start with what is typed count most.
  const prepare = (port) => {
    const country = here.of(port.country);
    const names = [port.name, ...port.names].map(plain);
    return {
      ...port,
      country,
      names,
      codes: [port.code, port.unlocode].map(plain),
      words: [...names, plain(country), plain(english.of(port.country))].flatMap((name) => [name, ...name.split(/[\s()-]+/)]),
    };
  };

  const rank = (port, typed) => {
    if (!typed) return 1;
    if (port.names[0].startsWith(typed)) return 5;
    if (port.codes.some((code) => code === typed)) return 4;
    if (port.words.some((word) => word.startsWith(typed))) return 3;
    if (port.codes.some((code) => code.startsWith(typed))) return 2;
    return port.names.some((name) => name.includes(typed)) ? 1 : 0;
  };

  const element = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  const enhance = (field, ports, routes) => {
    const list = field.querySelector("select");
    const label = field.querySelector("label");
    const id = list.id;
    const byCode = new Map(ports.map((port) => [port.code, port]));
    const origin = list.name === "destination" ? list.form.elements.namedItem("origin") : null;
    const labelId = (label.id ||= `${id}_label`);
    const input = element("input", {
      id, type: "text", role: "combobox", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}_list`, placeholder: field.dataset.placeholder,
    });
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (list.hasAttribute(name)) input.setAttribute(name, list.getAttribute(name));
    }
    const box = element("div", { id: `${id}_list`, role: "listbox", class: "picker-list", "aria-labelledby": labelId, hidden: "" });
    const said = element("p", { class: "visually-hidden", role: "status" });
    const picker = element("div", { class: "picker" }, input, box, said);
    const hadFocus = document.activeElement === list;
    list.id = `${id}_select`;
    list.hidden = true;
    list.after(picker);
    if (hadFocus) input.focus();
    let options = [];
    let active = -1;

    const shown = () => byCode.get(list.value)?.name ?? "";
    const isOpen = () => !box.hidden;
    const mark = (index) => {
      active = index;
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
      if (index < 0) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", options[index].id);
      return options[index].scrollIntoView({ block: "nearest" });
    };
    const close = () => {
      box.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
    };
    const choose = (code) => {
      if (list.value !== code) {
        list.value = code;
        list.dispatchEvent(new Event("change", { bubbles: true }));
      }
      input.value = shown();
      close();
    };
    const option = (port) => {
      const made = element("div", { role: "option", id: `${id}_${port.code}`, class: "picker-option", "aria-selected": "false" },
        element("span", {}, port.name), element("small", {}, `${port.country}${port.unlocode ? ` · ${port.unlocode}` : ""}`));
      made.addEventListener("mousedown", (event) => event.preventDefault());
      made.addEventListener("click", () => choose(port.code));
      return made;
    };
    const open = (text) => {
      const typed = plain(text.trim());
      const near = new Set(origin?.value ? routes[origin.value] : []);
      const found = ports
        .filter((port) => port.code !== origin?.value)
        .map((port) => ({ port, rank: rank(port, typed) }))
        .filter((each) => each.rank)
        .sort((a, b) => near.has(b.port.code) - near.has(a.port.code) || b.rank - a.rank)
        .slice(0, MOST)
        .map((each) => each.port);
      const groups = near.size
        ? [[field.dataset.reached, found.filter((port) => near.has(port.code))], [field.dataset.others, found.filter((port) => !near.has(port.code))]]
        : [["", found]];
      options = [];
      box.replaceChildren();
      for (const [title, members] of groups) {
        if (!members.length) continue;
        const rows = members.map(option);
        options.push(...rows);
        if (title) {
          box.append(element("div", { role: "group", "aria-label": title }, element("div", { class: "picker-group", role: "presentation" }, title), ...rows));
        } else box.append(...rows);
      }
      if (!options.length) box.append(element("div", { role: "option", class: "picker-none", "aria-disabled": "true", "aria-selected": "false" }, field.dataset.none));
      said.textContent = options.length ? `${field.dataset.count} ${options.length}` : field.dataset.none;
      box.hidden = false;
      input.setAttribute("aria-expanded", "true");
      mark(typed && options.length ? 0 : -1);
    };
    const settle = () => {
      if (!input.value.trim()) choose("");
      else if (active >= 0) choose(options[active].id.slice(id.length + 1));
      else input.value = shown();
      close();
    };

    input.value = shown();
    input.addEventListener("focus", () => input.select());
    input.addEventListener("click", () => { if (!isOpen()) open(""); });
    input.addEventListener("input", () => open(input.value));
    input.addEventListener("blur", settle);
    list.addEventListener("change", () => { input.value = shown(); });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        if (!isOpen()) open("");
        if (!options.length || event.altKey) return;
        mark(active < 0 ? (step > 0 ? 0 : options.length - 1) : (active + step + options.length) % options.length);
      } else if (event.key === "Enter" && isOpen() && active >= 0) {
        event.preventDefault();
        choose(options[active].id.slice(id.length + 1));
      } else if (event.key === "Escape") {
        if (isOpen()) close();
        else choose("");
        input.value = shown();
      }
    });
  };

  fetch(fields[0].dataset.ports)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))))
    .then(({ ports, routes }) => {
      const prepared = ports.map(prepare);
      for (const field of fields) {
        const offered = new Set([...field.querySelector("select").options].map((option) => option.value));
        enhance(field, prepared.filter((port) => offered.has(port.code)), routes);
      }
    })
    .catch(() => {}); // The select lists do the work.
})();
