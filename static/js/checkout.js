// The check-out: each choice shows its price at once, and what was typed survives back, reload and
// a lost connection. It is kept for this tab only, and forgotten when the booking stands.
"use strict";

(() => {
  const form = document.getElementById("checkout");
  const STORE = "checkout";
  const WAIT = 350;
  // No health data, nothing for the list of persons, nothing hidden but the key by which the server
  // knows the page.
  const isTyped = ({ name, type }) =>
    name === "key" ||
    (/^(p\d+_(given_name|surname|age)|email|phone|registration)$/.test(name) && type !== "hidden");

  const typed = () => [...form.elements].filter(isTyped);
  const store = () => {
    const values = Object.fromEntries(typed().map(({ name, value }) => [name, value]));
    sessionStorage.setItem(STORE, JSON.stringify({ page: window.location.search, values }));
  };
  // A server that shows errors or a price has the values itself; an empty field means a new page.
  const restore = () => {
    const { page, values } = JSON.parse(sessionStorage.getItem(STORE) ?? "{}");
    if (!values) return;
    for (const field of typed()) {
      if (field.name === "key" ? page === window.location.search : !field.value) field.value = values[field.name] ?? field.value;
    }
  };
  restore();
  form.addEventListener("input", store);
  form.addEventListener("submit", store);

  const said = form.querySelector("[data-price-said]");
  const tell = () => {
    const price = form.querySelector(".bar-price")?.textContent;
    said.textContent = price ? said.dataset.text.replace("{price}", price) : said.dataset.none;
  };

  // Of what the traveller types, only ages change the price.
  const isPriced = ({ name }) =>
    !/^(assistance_note|p\d+_(given_name|surname|gender|nationality))$/.test(name);

  let asked = 0;
  const update = async () => {
    const mine = ++asked;
    const data = new FormData(form);
    data.set("action", "price");
    const answer = await fetch(window.location.href, { method: "POST", body: data });
    if (!answer.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-part]")) {
      const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (fresh) part.replaceChildren(...document.adoptNode(fresh).childNodes);
    }
    form.elements.quote.value = page.querySelector("[name=quote]").value;
    tell();
  };

  let timer = 0;
  for (const group of form.querySelectorAll("[data-prices]")) {
    group.addEventListener("input", ({ target }) => {
      if (!isPriced(target)) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => update().catch(() => {}), WAIT);
    });
  }
  for (const button of form.querySelectorAll("[data-update]")) button.hidden = true;
})();
