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

// Leads a line over a piano roll while its recording plays; a click on the roll plays from there.
for (const svg of document.querySelectorAll("figure.roll > svg")) {
  const audio = svg.closest("article").querySelector("audio");
  if (!audio) continue;
  const rows = [...svg.querySelectorAll("g.row")].map((row) => {
    const [begin, end, x, y, height, pace] = ["begin", "end", "x", "y", "height", "pace"].map((name) => +row.dataset[name]);
    return { row, begin, end, x, y, height, pace };
  });
  const cursor = svg.appendChild(document.createElementNS(svg.namespaceURI, "line"));
  cursor.classList.add("cursor");
  cursor.style.display = "none";

  function show(time) {
    const found = rows.find(({ begin, end }) => begin <= time && time < end);
    cursor.style.display = found ? "" : "none";
    if (!found) return;
    const x = found.x + (time - found.begin) * found.pace;
    for (const [name, value] of Object.entries({ x1: x, x2: x, y1: found.y, y2: found.y + found.height }))
      cursor.setAttribute(name, value);
  }

  function follow() {
    show(audio.currentTime);
    if (!audio.paused) requestAnimationFrame(follow);
  }

  audio.addEventListener("play", follow);
  audio.addEventListener("seeked", () => show(audio.currentTime));
  audio.addEventListener("ended", () => show(-1));
  for (const { row, begin, end, x, pace } of rows) {
    row.addEventListener("click", (event) => {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      audio.currentTime = Math.max(begin, Math.min(begin + (place.x - x) / pace, end));
      audio.play();
    });
  }
}
