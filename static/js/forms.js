// A form marked data-once is sent once: a second click within its first seconds does nothing.
"use strict";

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-disabled", "true");
    }
  });
}

// A page that comes back from the browser's memory may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-once]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

// Without a connection a form marked data-offline is not sent: the page would be lost for an error.
for (const form of document.querySelectorAll("form[data-offline]")) {
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    form.querySelector("[data-offline-said]")?.remove();
    const said = document.createElement("p");
    said.className = "problem";
    said.setAttribute("role", "alert");
    said.dataset.offlineSaid = "";
    said.textContent = form.dataset.offline;
    (event.submitter?.closest(".bar") ?? form.lastElementChild).before(said);
  }, { capture: true });
}
