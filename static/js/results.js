// Fills in what the results page was sent without: prices of other days, late operators.
"use strict";

(() => {
  const WAITS = [3000, 6000, 12000, 20000];

  const fetched = async (address) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status);
    return answer.text();
  };

  const fillDays = (root) => {
    for (const strip of root.querySelectorAll("[data-days]")) {
      const address = strip.dataset.days;
      delete strip.dataset.days;
      fetched(address)
        .then((html) => {
          const chosen = strip.contains(document.activeElement);
          strip.innerHTML = html;
          if (chosen) strip.querySelector("[aria-current]")?.focus();
        })
        .catch(() => { for (const price of strip.querySelectorAll(".skeleton")) price.remove(); });
    }
  };

  const tell = (found, name) => {
    for (const place of found.querySelectorAll("[data-waiting-text]")) place.textContent = place.dataset[name];
  };

  // The list is replaced only by one that knows more, and what was chosen stays chosen.
  const replace = (found, html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const fresh = document.adoptNode(page.getElementById("found"));
    for (const radio of found.querySelectorAll("input[type=radio]:checked")) {
      const same = [...fresh.querySelectorAll("input[type=radio]")].find((each) => each.value === radio.value);
      if (same) same.checked = true;
    }
    const focused = found.contains(document.activeElement) ? document.activeElement.id : "";
    found.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus();
    fillDays(fresh);
    return fresh;
  };

  const wait = (found, tries) => {
    if (!found.dataset.waiting) return;
    if (tries >= WAITS.length) {
      tell(found, "givenUp");
      return;
    }
    tell(found, "waitingText");
    window.setTimeout(async () => {
      try {
        const html = await fetched(found.dataset.waiting);
        wait(replace(found, html), tries + 1);
      } catch {
        wait(found, tries + 1);
      }
    }, WAITS[tries]);
  };

  fillDays(document);
  const found = document.getElementById("found");
  if (found) wait(found, 0);
})();
