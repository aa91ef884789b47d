// Says how long the places are still held: to the eye each second, to the ear at five minutes and at
// one. When the time is over, the server says what is next.
"use strict";

for (const place of document.querySelectorAll("[data-until]")) {
  const box = place.closest("[data-clock]");
  const said = box.querySelector("[data-clock-said]");
  const warning = box.querySelector("[data-clock-warning]");
  const until = Date.parse(place.dataset.until);
  // The last moment that was spoken, so that each is spoken once; pages that open late say it too.
  let spoken = Infinity;

  const speak = (seconds) => {
    const due = [[60, place.dataset.one], [300, place.dataset.five]].find(([at]) => seconds <= at);
    if (!due || spoken <= due[0]) return;
    [spoken, said.textContent] = due;
  };
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
    box.classList.toggle("callout-bad", seconds < 120);
    warning.hidden = seconds >= 120;
    speak(seconds);
  };
  const timer = window.setInterval(tick, 1000);
  tick();
}
