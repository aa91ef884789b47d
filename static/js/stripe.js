// Mounts Stripe's Payment Element. The card data go from its frame to Stripe and never to us.
"use strict";

(async () => {
  const form = document.getElementById("stripe-form");
  const slot = document.getElementById("stripe-slot");
  const problem = document.getElementById("stripe-problem");
  const button = form.querySelector("button");

  const tell = (sentence) => {
    problem.textContent = sentence;
    problem.hidden = false;
  };

  // The server looks at the space once more each time, and answers with the same open payment.
  const start = async () => {
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(form.dataset.start, {
      method: "POST",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail);
    return body.client_secret;
  };

  const load = async () => {
    if (!window.Stripe) throw new Error(form.dataset.missing);
    const stripe = window.Stripe(form.dataset.key, { locale: document.documentElement.lang });
    const elements = stripe.elements({ clientSecret: await start() });
    const element = elements.create("payment");
    element.on("ready", () => { button.disabled = false; });
    slot.textContent = "";
    element.mount(slot);
    return { stripe, elements };
  };

  const confirm = async ({ stripe, elements }) => {
    await start();
    const { error } = await stripe.confirmPayment({
      elements,
      confirmParams: { return_url: form.dataset.return },
    });
    // Without an error the browser is already on its way to the return page.
    if (error) throw new Error(error.message);
  };

  let parts;
  try {
    parts = await load();
  } catch (error) {
    slot.textContent = "";
    tell(error.message);
    return;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    problem.hidden = true;
    try {
      await confirm(parts);
    } catch (error) {
      tell(error.message);
      button.disabled = false;
    }
  });
})();
