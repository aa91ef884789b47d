// A page that waits for somebody else's answer looks again by itself, and changes only when there is
// news. Without this script there is a link to look again.
"use strict";

(() => {
  const place = document.querySelector("[data-poll]");
  if (!place) return;
  const [OFTEN, SELDOM, PATIENCE] = [4000, 15000, 120000];
  const began = Date.now();
  for (const words of document.querySelectorAll("[data-polled]")) words.hidden = false;

  const look = async () => {
    const answer = await fetch(window.location.href);
    if (answer.redirected && new URL(answer.url).pathname !== window.location.pathname) {
      window.location.replace(answer.url);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok && page.querySelector("[data-poll]")?.dataset.poll !== place.dataset.poll) window.location.reload();
  };
  const wait = () => {
    window.setTimeout(() => look().catch(() => {}).finally(wait), Date.now() - began < PATIENCE ? OFTEN : SELDOM);
  };
  wait();
})();
