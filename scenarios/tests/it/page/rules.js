// What is wrong with the page for people who see badly, or use no mouse: a list of sentences.
// https://www.w3.org/TR/WCAG22/, each by the number of its criterion.
const wrong = [];
const name = element => element.tagName.toLowerCase() + (element.id ? "#" + element.id : "") + (element.className && element.className.baseVal === undefined ? "." + element.className : "") + " «" + (element.textContent || "").trim().slice(0, 40) + "»";
const shown = element => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getClientRects().length > 0;
const all = [...document.body.querySelectorAll("*")].filter(element => shown(element) && !["SCRIPT", "OPTION"].includes(element.tagName));

// 2.4.2, 3.1.1
if (!document.title.trim()) wrong.push("the page has no title");
if (!document.documentElement.lang) wrong.push("the page has no language");

// 1.3.1: headings in order, one of the first level, tables with heads, no id twice.
let level = 0;
for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) wrong.push(name(heading) + " follows a heading of level " + level);
  level = own;
}
if (document.querySelectorAll("h1").length !== 1) wrong.push("the page has not one h1");
if (document.querySelectorAll("main").length !== 1) wrong.push("the page has not one main");
for (const table of document.querySelectorAll("table")) if (!table.querySelector("th")) wrong.push(name(table) + " has no heads");
const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
for (const id of ids.filter((id, at) => ids.indexOf(id) !== at)) wrong.push("the id " + id + " is there twice");
for (const link of document.querySelectorAll("a[href^='#']")) if (!document.querySelector(link.hash)) wrong.push(name(link) + " leads nowhere");

// 1.4.3: the contrast of each text with what is behind it.
const numbers = colour => { const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
const light = ({ r, g, b }) => { const [x, y, z] = [r, g, b].map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4); return .2126 * x + .7152 * y + .0722 * z; };
const ratio = (one, other) => { const [low, high] = [light(one), light(other)].sort((a, b) => a - b); return (high + .05) / (low + .05); };
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const paint = numbers(getComputedStyle(at).backgroundColor);
    if (paint.a === 1) return paint;
    if (paint.a > 0) wrong.push(name(at) + " is half transparent");
  }
  wrong.push("nothing is behind " + name(element));
  return numbers("rgb(255, 255, 255)");
};
for (const element of all) {
  const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || element.matches("input, select");
  if (!says) continue;
  const style = getComputedStyle(element), size = parseFloat(style.fontSize);
  const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
  const found = ratio(numbers(style.color), behind(element));
  if (found < least) wrong.push(name(element) + ": a contrast of " + found.toFixed(2));
  if (element.placeholder) {
    const placeholder = ratio(numbers(getComputedStyle(element, "::placeholder").color), behind(element));
    if (placeholder < 4.5) wrong.push(name(element) + ": its placeholder has a contrast of " + placeholder.toFixed(2));
  }
}
// 1.4.11: of what controls, and pictures, are made of. Browsers draw check boxes themselves.
for (const element of document.querySelectorAll("button, select, input:not([type=checkbox])")) {
  const found = ratio(numbers(getComputedStyle(element).borderTopColor), behind(element.parentElement));
  if (found < 3) wrong.push(name(element) + ": its border has a contrast of " + found.toFixed(2));
}
for (const picture of document.querySelectorAll("svg")) {
  const found = ratio(numbers(getComputedStyle(picture).color), behind(picture));
  if (found < 3) wrong.push(name(picture.parentElement) + ": its picture has a contrast of " + found.toFixed(2));
}

// 2.1.1: who has no mouse scrolls by keyboard.
for (const element of all) {
  const style = getComputedStyle(element), scrolls = overflow => overflow === "auto" || overflow === "scroll";
  const more = (element.scrollWidth > element.clientWidth + 1 && scrolls(style.overflowX)) || (element.scrollHeight > element.clientHeight + 1 && scrolls(style.overflowY));
  if (more && element.tabIndex < 0) wrong.push(name(element) + " is scrolled by a mouse alone");
}
// 2.5.8: 24 pixels for a finger, but for links within text.
for (const element of document.querySelectorAll("button, select, input, a[href]")) {
  const box = (element.closest("label") || element).getBoundingClientRect();
  if (box.height < 24 || box.width < 24) wrong.push(name(element) + " is " + box.width + " by " + box.height);
}
// 1.4.10: the page is as wide as its window.
if (document.documentElement.scrollWidth > innerWidth) {
  const widest = all.filter(element => element.getBoundingClientRect().right > innerWidth && !element.closest(".scroll *"));
  wrong.push("the page is " + document.documentElement.scrollWidth + " wide: " + widest.slice(0, 5).map(name).join(", "));
}
return wrong;
