"use strict";
// Answers are kept in this browser as they are given. A page that tunewright serves sends them on as well; one that was
// opened from a file lets them be saved as a file, to be handed in.
const page = document.body.dataset.page;
const place = `tunewright-listening-${page}`;
const texts = JSON.parse(document.getElementById("texts").textContent);
const served = location.protocol.startsWith("http");
const articles = [...document.querySelectorAll("article")];
const kept = JSON.parse(localStorage.getItem(place) || "null");
const state = kept || { page, listener: crypto.getRandomValues(new Uint32Array(2)).join("-"), answers: {} };

function show(stored) {
  const answered = articles.filter((article) => state.answers[article.dataset.item]?.score).length;
  for (const article of articles) {
    article.classList.toggle("answered", Boolean(state.answers[article.dataset.item]?.score));
  }
  const told = texts.answered.replace("{answered}", answered).replace("{count}", articles.length);
  document.getElementById("state").textContent = stored ? `${told} · ${texts.stored}` : told;
}

async function keep(item, change) {
  state.answers[item] = { ...state.answers[item], ...change, at: new Date().toISOString() };
  localStorage.setItem(place, JSON.stringify(state));
  show(false);
  if (!served) return;
  const answers = { [item]: state.answers[item] };
  const body = JSON.stringify({ page, listener: state.listener, answers });
  const reply = await fetch("answers", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  show(reply.ok);
}

for (const article of articles) {
  const item = article.dataset.item;
  const audio = article.querySelector("audio");
  const note = article.querySelector("textarea");
  const own = state.answers[item] || {};
  if (own.score) article.querySelector(`input[value="${own.score}"]`).checked = true;
  note.value = own.note || "";
  for (const input of article.querySelectorAll("input")) {
    input.addEventListener("change", () => keep(item, { score: Number(input.value) }));
  }
  note.addEventListener("change", () => keep(item, { note: note.value }));
  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
  });
}

document.getElementById("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(state, null, 1)], { type: "application/json" }));
  link.download = `answers-${state.listener}.json`;
  link.click();
  document.getElementById("state").textContent = texts.saved;
});
show(false);
