"use strict";
const calls = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement, canvas = document.getElementById("timeline"), box = canvas.getContext("2d");
const wanted = document.getElementById("filter"), service = document.getElementById("service"), errors = document.getElementById("errors");
const body = document.querySelector("#calls tbody"), count = document.getElementById("count");
const lanes = [...new Set(calls.map(call => call.s))].sort(), LANE = 22, LEFT = 110, MOST = 500;
const last = Math.max(1, ...calls.map(call => call.t));
let from = 0, to = last * 1.02, shown = calls, due = 0;
for (const lane of lanes) service.add(new Option(lane, lane));

document.getElementById("theme").onclick = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  draw();
};
const colour = name => getComputedStyle(root).getPropertyValue(name);
const x = (time, width) => LEFT + (time - from) / (to - from) * (width - LEFT - 8);

function draw() {
  const width = canvas.clientWidth, height = lanes.length * LANE + 26, ratio = devicePixelRatio || 1;
  canvas.width = width * ratio; canvas.height = height * ratio; canvas.style.height = height + "px";
  box.scale(ratio, ratio);
  box.font = "12px system-ui, sans-serif"; box.textBaseline = "middle";
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 6e5, 36e5, 432e5, 864e5, 6048e5].find((one, at, all) => at + 1 === all.length || (to - from) / one / 1000 < width / 90) * 1000;
  box.fillStyle = colour("--soft"); box.strokeStyle = colour("--line");
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
    const at = x(time, width);
    box.beginPath(); box.moveTo(at, 0); box.lineTo(at, height - 20); box.stroke();
    box.fillText(time >= 1e6 ? (time / 1e6).toFixed(step < 1e6 ? 1 : 0) + " s" : time / 1e3 + " ms", at - 12, height - 9);
  }
  lanes.forEach((lane, row) => box.fillText(lane, 8, row * LANE + LANE / 2));
  for (const call of shown) {
    if (call.t < from || call.t > to) continue;
    box.fillStyle = colour(call.e ? "--bad" : "--accent");
    box.fillRect(x(call.t, width) - 1, lanes.indexOf(call.s) * LANE + (call.e ? 2 : 5), call.e ? 3 : 2, LANE - (call.e ? 4 : 10));
  }
}

function list() {
  const text = wanted.value.toLowerCase();
  shown = calls.filter(call => (!service.value || call.s === service.value) && (!errors.checked || call.e)
    && (!text || (call.o + " " + call.p + " " + (call.e || "")).toLowerCase().includes(text)));
  const visible = shown.filter(call => call.t >= from && call.t <= to);
  count.textContent = visible.length + " of " + calls.length + " calls" + (visible.length > MOST ? ", the first " + MOST + " listed" : "");
  body.replaceChildren(...visible.slice(0, MOST).map(call => {
    const row = document.createElement("tr");
    for (const [cell, kind] of [[(call.t / 1e6).toFixed(3), "num"], [call.s, "name"], [call.o, "name"], [call.p, ""], [call.e || "", "bad"]]) {
      const td = row.insertCell(); td.textContent = cell; td.className = kind;
    }
    return row;
  }));
  draw();
  reach();
}

// What is scrolled can be scrolled by keyboard; what is whole is no place to stop at.
function reach() {
  for (const part of document.querySelectorAll(".scroll")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0; else part.removeAttribute("tabindex");
  }
}

function move(start, end) {
  const span = Math.min(Math.max(end - start, 1000), last * 1.02);
  from = Math.min(Math.max(start, 0), last * 1.02 - span); to = from + span;
  if (!due) due = requestAnimationFrame(() => { due = 0; list(); });
}
const zoom = (factor, at = (from + to) / 2) => move(at - (at - from) * factor, at + (to - at) * factor);
canvas.addEventListener("wheel", event => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const rect = canvas.getBoundingClientRect(), share = (event.clientX - rect.left - LEFT) / (rect.width - LEFT - 8);
  zoom(event.deltaY > 0 ? 1.25 : 0.8, from + Math.min(Math.max(share, 0), 1) * (to - from));
}, { passive: false });
let held = null;
canvas.addEventListener("pointerdown", event => { held = { x: event.clientX, from, to }; canvas.setPointerCapture(event.pointerId); });
canvas.addEventListener("pointerup", () => held = null);
canvas.addEventListener("pointermove", event => {
  if (!held) return;
  const shift = (held.x - event.clientX) / (canvas.clientWidth - LEFT - 8) * (held.to - held.from);
  move(held.from + shift, held.to + shift);
});
canvas.addEventListener("keydown", event => {
  const by = (to - from) / 5, act = { ArrowLeft: () => move(from - by, to - by), ArrowRight: () => move(from + by, to + by), "+": () => zoom(0.7), "-": () => zoom(1.4), 0: () => move(0, last * 1.02) }[event.key];
  if (act) { event.preventDefault(); act(); }
});
document.getElementById("in").onclick = () => zoom(0.7);
document.getElementById("out").onclick = () => zoom(1.4);
document.getElementById("all").onclick = () => move(0, last * 1.02);
for (const control of [wanted, service, errors]) control.addEventListener("input", list);
addEventListener("resize", () => { draw(); reach(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
list();
