// Keeps the booking of this page on the device (worker.js), and says so; without network it says
// that the page is a copy.
"use strict";

(() => {
  const place = document.querySelector("[data-worker]");
  const note = document.querySelector("[data-copy-note]");
  const scope = window.location.pathname;

  const showNetwork = (isCopy) => {
    const isOffline = isCopy || !navigator.onLine;
    document.documentElement.classList.toggle("is-offline", isOffline);
    note.hidden = !isOffline;
  };
  showNetwork(false);
  for (const name of ["online", "offline"]) window.addEventListener(name, () => showNetwork(false));

  if (!("serviceWorker" in navigator)) return;

  const ask = (worker, data) => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", (event) => resolve(event.data));
    port1.start();
    worker.postMessage(data, [port2]);
  });

  const own = async () => {
    const found = await navigator.serviceWorker.getRegistration(scope);
    return found && new URL(found.scope).pathname === scope ? found : null;
  };

  const forget = async () => {
    const worker = (await own())?.active;
    if (worker) await ask(worker, { forget: true });
  };

  const state = place?.querySelector("[data-state]");
  const remove = place?.querySelector("[data-remove]");
  const tell = (name) => { state.textContent = state.dataset[name]; };

  const activated = (registration) => new Promise((resolve) => {
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    if (worker.state === "activated") resolve(worker);
    else worker.addEventListener("statechange", () => { if (worker.state === "activated") resolve(worker); });
  });

  const keep = async () => {
    const registration = await navigator.serviceWorker.register(place.dataset.worker, { scope });
    const parts = document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src], main img, header img");
    const addresses = [...parts].map((part) => new URL(part.href || part.src).pathname);
    const answer = await ask(await activated(registration), {
      version: place.dataset.version,
      addresses: [...place.dataset.papers.split(" "), ...addresses],
    });
    showNetwork(answer.isCopy);
    tell(answer.isKept ? "kept" : "failed");
    remove.hidden = !answer.isKept;
  };

  if (!place) {
    forget();
    return;
  }
  place.hidden = false;
  remove.addEventListener("click", async () => {
    await forget();
    tell("removed");
    remove.hidden = true;
  });
  keep().catch(() => tell("failed"));

  const install = place.querySelector("[data-install]");
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    install.hidden = false;
    install.addEventListener("click", () => event.prompt(), { once: true });
  });
  window.addEventListener("appinstalled", () => { install.hidden = true; });
})();
