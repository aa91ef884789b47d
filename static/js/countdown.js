// Says how long the places are still held; when the time is over, the server says what is next.
"use strict";

for (const place of document.querySelectorAll("[data-until]")) {
  const until = Date.parse(place.dataset.until);
  const tick = () => {
    const seconds = Math.floor((until - Date.now()) / 1000);
    if (seconds < 0) {
      window.clearInterval(timer);
      window.location.reload();
      return;
    }
    const minutes = Math.floor(seconds / 60);
    const clock = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
    place.textContent = ` (${place.dataset.left.replace("{time}", clock)})`;
  };
  const timer = window.setInterval(tick, 1000);
  tick();
}
