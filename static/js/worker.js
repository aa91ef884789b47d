// The service worker of one booking: keeps its page and papers for a time without network, and
// nothing else. It is registered by offline.js for the address of that page only (its scope).
"use strict";

const PAGE = new URL(self.registration.scope).pathname;
const CACHE = `booking ${PAGE}`;
const VERSION = `${PAGE}?kept-version`;
// A copy is better than a page that does not come.
const PATIENCE = 5000;
let isCopy = false;

const papers = new Set([`${PAGE}tickets.pdf`, `${PAGE}calendar.ics`]);
const isStatic = (path) => path.startsWith("/static/");
const isKept = ({ origin, pathname, search }) =>
  origin === self.location.origin && !search && (pathname === PAGE || papers.has(pathname) || isStatic(pathname));

const copyOf = async (address) => (await caches.open(CACHE)).match(address, { ignoreVary: true });
const isGood = (answer) => answer.ok && !answer.redirected && answer.type === "basic";

const forget = () => caches.delete(CACHE);

// Puts a new answer in the place of the copy; a page that is gone takes everything along.
const take = async (request, answer) => {
  const address = new URL(request.url).pathname;
  if (address === PAGE && (answer.status === 403 || answer.status === 404)) await forget();
  if (!isGood(answer) || !(await copyOf(address))) return answer;
  await (await caches.open(CACHE)).put(address, answer.clone());
  return answer;
};

const answer = async (request) => {
  const address = new URL(request.url).pathname;
  const copy = await copyOf(address);
  if (!copy) return fetch(request);
  // A ticket keeps its file until the page names another version.
  if (papers.has(address)) return copy;
  if (address === PAGE) isCopy = false;
  const fresh = fetch(request).then((got) => take(request, got));
  const late = new Promise((resolve) => { setTimeout(() => resolve(null), PATIENCE); });
  const got = await Promise.race([fresh.catch(() => null), late]);
  if (got) return got;
  if (address === PAGE) isCopy = true;
  return copy;
};

// Takes what the page names; with a new version of the booking all of it anew.
const keep = async ({ version, addresses }) => {
  const cache = await caches.open(CACHE);
  const known = await (await cache.match(VERSION))?.text();
  const wanted = [...new Set([PAGE, ...addresses])].filter((address) => isKept(new URL(address, self.location.origin)));
  for (const request of await cache.keys()) {
    const { pathname, search } = new URL(request.url);
    if (!search && !wanted.includes(pathname)) await cache.delete(request);
  }
  for (const address of wanted) {
    if (known === version && (await copyOf(address))) continue;
    const got = await fetch(address, { credentials: "same-origin" });
    if (!isGood(got)) throw new Error(`${address}: ${got.status}`);
    await cache.put(address, got);
  }
  await cache.put(VERSION, new Response(version));
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && isKept(new URL(request.url))) event.respondWith(answer(request));
});
self.addEventListener("message", (event) => {
  const [port] = event.ports;
  const act = async () => {
    if (event.data.forget) {
      await forget();
      await self.registration.unregister();
    } else if (!isCopy) {
      await keep(event.data);
    }
    port.postMessage({ isKept: !event.data.forget, isCopy });
  };
  event.waitUntil(act().catch(() => port.postMessage({ isKept: false, isCopy })));
});
