"use strict";
// While the nearest known tune is open, what both share is marked in both.
for (const details of document.querySelectorAll("details.nearest")) {
  details.addEventListener("toggle", () => {
    for (const id of details.dataset.shared.split(" ").filter(Boolean)) {
      const note = document.getElementById(id);
      if (note) (note.closest("g.chord") || note).classList.toggle("shared", details.open);
    }
  });
}

// Lights each note of a score while its recording plays; a click on a note plays from there; one tune plays at a time.
for (const article of document.querySelectorAll("article")) {
  const audio = article.querySelector("audio");
  if (!audio) continue;
  const signs = JSON.parse(article.querySelector(".timemap").textContent)
    .map(([id, start, end]) => ({ start, end, sign: signOf(id) }))
    .filter(({ sign }) => sign);
  let lit = new Set();

  function signOf(id) {
    const note = document.getElementById(id);
    return note && (note.closest("g.chord") || note);
  }

  function light(time) {
    const now = new Set(signs.filter(({ start, end }) => start <= time && time < end).map(({ sign }) => sign));
    for (const sign of lit) if (!now.has(sign)) sign.classList.remove("lit");
    for (const sign of now) if (!lit.has(sign)) sign.classList.add("lit");
    lit = now;
  }

  function follow() {
    light(audio.currentTime);
    if (!audio.paused) requestAnimationFrame(follow);
  }

  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    follow();
  });
  audio.addEventListener("seeked", () => light(audio.currentTime));
  audio.addEventListener("ended", () => light(-1));
  for (const sign of new Set(signs.map(({ sign }) => sign))) {
    sign.addEventListener("click", () => {
      audio.currentTime = signs.find((other) => other.sign === sign).start;
      audio.play();
    });
  }
}
