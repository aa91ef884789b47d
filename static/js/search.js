// What makes the search form quicker: steppers, swapped ports, days in order, the size of the vehicle.
"use strict";

document.documentElement.classList.add("is-scripted");
for (const part of document.querySelectorAll("[data-scripted]")) part.hidden = false;

for (const stepper of document.querySelectorAll("[data-stepper]")) {
  const field = stepper.querySelector("input");
  const buttons = stepper.querySelectorAll("button");
  const refresh = () => {
    for (const button of buttons) {
      const next = Number(field.value || 0) + Number(button.dataset.step);
      button.disabled = next < Number(field.min || 0) || next > Number(field.max || 99);
    }
  };
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      field.value = Number(field.value || 0) + Number(button.dataset.step);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      if (button.disabled) field.focus();
    });
  }
  field.addEventListener("input", refresh);
  refresh();
}

for (const form of document.querySelectorAll("form.search")) {
  const named = (name) => form.elements.namedItem(name);
  const [out, back] = [named("date"), named("return_date")];
  const swap = form.querySelector("[data-swap]");

  swap.hidden = false;
  swap.addEventListener("click", () => {
    const [origin, destination] = [named("origin"), named("destination")];
    [origin.value, destination.value] = [destination.value, origin.value];
    for (const list of [origin, destination]) list.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // A return before the departure cannot be meant.
  const follow = () => {
    if (!out.value) return;
    back.min = out.value;
    if (back.value && back.value < out.value) back.value = out.value;
  };
  out.addEventListener("change", follow);
  follow();

  const sum = form.querySelector("[data-size-sum]");
  const { sizes, trailers } = form.querySelector("[data-sizes]").dataset;
  const [typical, lengths] = [JSON.parse(sizes), JSON.parse(trailers)];
  const metres = (centimetres) => (centimetres / 100).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
  const adds = (name) => (named(name).checked ? Number(named(name).dataset.adds) : 0);
  const total = () => {
    const fields = [named("vehicle_length_cm"), named("vehicle_height_cm")];
    const usual = typical[named("vehicle").value];
    sum.hidden = !usual;
    if (!usual) return;
    const [length, height] = fields.map((field, at) => {
      field.placeholder = usual[at];
      return Number(field.value) || usual[at];
    });
    const trailer = Number(named("trailer_length_cm").value) || lengths[named("trailer").value] || 0;
    const long = metres(length + adds("bicycle_rack") + trailer);
    const high = metres(height + Math.max(adds("roof_box"), adds("roof_bicycles")));
    sum.textContent = sum.dataset.text.replace("{length}", long).replace("{height}", high);
  };
  form.addEventListener("input", total);
  total();

  for (const button of form.querySelectorAll("[data-use]")) {
    button.addEventListener("click", () => {
      const [kind, length, height] = button.dataset.use.split(" ");
      form.querySelector(`input[name=vehicle][value=${kind}]`).checked = true;
      named("vehicle_length_cm").value = length;
      named("vehicle_height_cm").value = height;
      total();
      named("vehicle_length_cm").focus();
    });
  }
}
