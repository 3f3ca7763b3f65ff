"use strict";
// Answers are kept in this browser as they are given. A page that tunewright serves sends them on as well, all of them
// each time, until they are stored; one that was opened from a file lets them be saved as a file, to be handed in.
const page = document.body.dataset.page;
const place = `tunewright-listening-${page}`;
const texts = JSON.parse(document.getElementById("texts").textContent);
const served = location.protocol.startsWith("http");
const articles = [...document.querySelectorAll("article")];
const PAUSE = 400; // milliseconds without a change before answers are sent
const RETRY = 5000; // milliseconds between attempts at what is not stored yet

const newcomer = () => ({ page, listener: crypto.getRandomValues(new Uint32Array(2)).join("-"), answers: {} });
// One listener's answers at a time; those of earlier listeners wait here only until they are stored.
const kept = JSON.parse(localStorage.getItem(place) || "null") || { own: newcomer(), stored: true, waiting: [] };
let sending = false;
let timer;

function show(told) {
  const answered = articles.filter((article) => kept.own.answers[article.dataset.item]?.score);
  for (const article of articles) article.classList.toggle("answered", answered.includes(article));
  const count = texts.answered.replace("{answered}", answered.length).replace("{count}", articles.length);
  const stored = kept.stored && !kept.waiting.length ? texts.stored : texts.unstored;
  const any = Object.keys(kept.own.answers).length || kept.waiting.length;
  document.getElementById("state").textContent = told || (served && any ? `${count} · ${stored}` : count);
}

function keep() {
  localStorage.setItem(place, JSON.stringify(kept));
  show();
}

async function posted(body) {
  const headers = { "Content-Type": "application/json" };
  try {
    return (await fetch("answers", { method: "POST", headers, body, signal: AbortSignal.timeout(10000) })).ok;
  } catch {
    return false; // nobody is there
  }
}

async function send() {
  clearTimeout(timer);
  if (!served) return;
  if (sending) {
    timer = setTimeout(send, PAUSE);
    return;
  }
  sending = true;
  for (const one of [...kept.waiting]) {
    if (await posted(JSON.stringify(one))) kept.waiting = kept.waiting.filter((other) => other !== one);
  }
  const body = JSON.stringify(kept.own);
  if (!kept.stored && (await posted(body))) kept.stored = body === JSON.stringify(kept.own);
  sending = false;
  keep();
}

function change(item, own) {
  kept.own.answers[item] = { ...kept.own.answers[item], ...own, at: new Date().toISOString() };
  kept.stored = false;
  keep();
  clearTimeout(timer);
  timer = setTimeout(send, PAUSE);
}

function save(own) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(own, null, 1)], { type: "application/json" }));
  link.download = `answers-${own.listener}.json`;
  link.click();
  show(texts.saved);
}

function next() {
  if (!confirm(texts.next_asked)) return;
  const { own, stored } = kept;
  if (served && !stored) kept.waiting.push(own);
  Object.assign(kept, { own: newcomer(), stored: true });
  keep();
  articles.forEach(fill);
  scrollTo(0, 0);
  if (served) send();
  else if (Object.keys(own.answers).length) save(own);
}

function fill(article) {
  const own = kept.own.answers[article.dataset.item] || {};
  const chosen = { score: String(own.score), known: { true: "yes", false: "no" }[own.known] };
  for (const input of article.querySelectorAll("input")) input.checked = input.value === chosen[input.dataset.asked];
  article.querySelector("textarea").value = own.note || "";
  article.querySelector("audio").pause();
}

for (const article of articles) {
  const item = article.dataset.item;
  const audio = article.querySelector("audio");
  const note = article.querySelector("textarea");
  fill(article);
  for (const input of article.querySelectorAll("input")) {
    const value = input.dataset.asked === "score" ? Number(input.value) : input.value === "yes";
    input.addEventListener("change", () => change(item, { [input.dataset.asked]: value }));
  }
  note.addEventListener("input", () => change(item, { note: note.value }));
  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
  });
}

document.getElementById("save").addEventListener("click", () => save(kept.own));
document.getElementById("next").addEventListener("click", next);
addEventListener("online", send);
setInterval(() => {
  if (!kept.stored || kept.waiting.length) send();
}, RETRY);
show();
if (!kept.stored || kept.waiting.length) send();
