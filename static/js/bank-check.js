// Goes on with a payment for which the bank wants to see its customer (3-D Secure).
"use strict";

(() => {
  const form = document.getElementById("bank-check");
  const problem = document.getElementById("stripe-problem");
  const button = form.querySelector("button");

  const secret = async () => {
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(form.dataset.start, {
      method: "POST",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail);
    return body.client_secret;
  };

  const check = async () => {
    if (!window.Stripe) throw new Error(form.dataset.missing);
    const stripe = window.Stripe(form.dataset.key, { locale: document.documentElement.lang });
    const { error } = await stripe.handleNextAction({ clientSecret: await secret() });
    if (error) throw new Error(error.message);
    window.location.assign(form.dataset.return);
  };

  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    problem.hidden = true;
    try {
      await check();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      button.disabled = false;
    }
  });
})();
