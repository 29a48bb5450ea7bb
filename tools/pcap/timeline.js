/* SPDX-License-Identifier: Apache-2.0 */
/* Selects, filters and magnifies what a timeline shows; without it everything is there to read. */

"use strict";

(() => {
  const first = (selector, within) => (within || document).querySelector(selector);
  const all = (selector, within) => [...(within || document).querySelectorAll(selector)];

  const root = first(".timeline");
  if (!root)
    return;
  const controls = first(".controls", root);
  const lanes = first(".lanes", root); /* the scale is theirs alone, as thousands of elements inherit it */

  const number = (element, name) => Number(element.style.getPropertyValue(name));
  const bars = new Map(all(".bars > a").map((bar) => [bar.hash.slice(1), bar]));

  /* Each entry of the list with its bar. */
  const entries = all(".entry").map((item) => {
    const bar = bars.get(first(".more", item).id);
    return {
      item, bar, summary: first("summary", item),
      start: number(bar, "--s"), took: number(bar, "--w"),
      api: first(".api", item).textContent.replace(/ v-?\d+$/, ""),
      lane: item.dataset.lane, failed: item.classList.contains("failed"),
      words: null, /* see textOf() */
    };
  });
  const byElement = new Map(entries.flatMap((entry) => [[entry.item, entry], [entry.bar, entry]]));

  const entryOf = (target) =>
    target instanceof Element ? byElement.get(target.closest(".entry, .bars > a")) : undefined;

  /* ---- selection ---- */

  let selected = null;
  let shown = null;

  const mark = (entry, on) => [entry.item, entry.bar].forEach((part) => part.classList.toggle("on", on));

  const show = (entry) => {
    if (shown)
      mark(shown, false);
    shown = entry;
    if (entry)
      mark(entry, true);
  };

  /* Only within the connections: the page stays where it is. */
  const reveal = (bar) => {
    const outer = lanes.getBoundingClientRect();
    const inner = bar.getBoundingClientRect();
    if (inner.top < outer.top || inner.bottom > outer.bottom)
      lanes.scrollTop += inner.top - outer.top - outer.height / 2;
  };

  const select = (entry) => {
    if (selected)
      selected.item.removeAttribute("aria-current");
    selected = entry;
    show(entry);
    if (!entry)
      return;
    entry.item.setAttribute("aria-current", "true");
    reveal(entry.bar);
  };

  root.addEventListener("mouseover", (event) => show(entryOf(event.target) || selected));
  root.addEventListener("mouseleave", () => show(selected));
  root.addEventListener("focusin", (event) => show(entryOf(event.target) || selected));
  root.addEventListener("click", (event) => {
    const entry = entryOf(event.target);
    if (!entry)
      return;
    select(entry);
    if (event.target.closest(".bars > a") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      history.replaceState(null, "", entry.bar.hash);
      first("details", entry.item).open = true;
      entry.summary.focus();
    }
  });

  const followHash = () => {
    const bar = bars.get(location.hash.slice(1));
    if (bar)
      select(byElement.get(bar));
  };
  window.addEventListener("hashchange", followHash);
  followHash();

  /* ---- keys in the list ---- */

  const neighbour = (summary, key) => {
    const visible = entries.filter((entry) => !entry.item.hidden).map((entry) => entry.summary);
    const at = visible.indexOf(summary);
    return {ArrowDown: visible[at + 1], ArrowUp: visible[at - 1], Home: visible[0], End: visible.at(-1)}[key];
  };

  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape")
      select(null);
    if (event.target.matches(".entry summary") && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const next = neighbour(event.target, event.key);
      if (next) {
        event.preventDefault();
        next.focus();
      }
    }
  });

  /* ---- what is in view ---- */

  const LEAST_SPAN = 10;
  const end = number(root, "--span");
  const view = {from: 0, span: end};
  const field = (name) => first(`[name=${name}]`, controls);
  const status = first("output", controls);

  const decimals = () => Math.min(6, Math.max(0, Math.ceil(2 - Math.log10(view.span / 1e6))));
  const seconds = (time) => (time / 1e6).toFixed(decimals()) + " s";

  /* Made when it is needed: messages are long. */
  const textOf = (entry) => {
    entry.words ??= entry.item.textContent.toLowerCase();
    return entry.words;
  };

  /* What the fields choose. */
  const filter = () => {
    const words = field("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const [api, lane, failed] = [field("api").value, field("lane").value, field("failed").checked];
    const slow = Number(field("slow").value) * 1000;
    return {
      wantsAll: words.length === 0 && api === "" && lane === "" && !failed && slow === 0,
      wants: (entry) => (api === "" || api === entry.api) && (lane === "" || lane === entry.lane) &&
        (!failed || entry.failed) && entry.took >= slow && words.every((word) => textOf(entry).includes(word)),
    };
  };

  const isInView = (entry) => entry.start <= view.from + view.span && entry.start + entry.took >= view.from;

  const update = () => {
    lanes.style.setProperty("--from", view.from);
    lanes.style.setProperty("--span", view.span);
    const ticks = all(".axis > span", root);
    ticks.forEach((tick, i) => {
      tick.textContent = seconds(view.from + view.span * i / (ticks.length - 1));
    });
    const {wantsAll, wants} = filter();
    const found = new Set(); /* connections, at any time */
    let count = 0;
    for (const entry of entries) {
      const wanted = wants(entry);
      if (wanted)
        found.add(entry.lane);
      entry.item.hidden = entry.bar.hidden = !wanted || !isInView(entry);
      count += !entry.item.hidden;
    }
    for (const lane of all(".lane", root))
      lane.hidden = !wantsAll && !found.has(lane.dataset.lane);
    const time = `${seconds(view.from)} to ${seconds(view.from + view.span)}`;
    status.textContent = `${count} of ${entries.length} requests, ${time}`;
  };

  const look = (from, span) => {
    view.span = Math.min(end, Math.max(LEAST_SPAN, span));
    view.from = Math.min(end - view.span, Math.max(0, from));
    update();
  };

  const moves = {
    in: () => look(view.from + view.span / 4, view.span / 2),
    out: () => look(view.from - view.span / 2, view.span * 2),
    earlier: () => look(view.from - view.span / 2, view.span),
    later: () => look(view.from + view.span / 2, view.span),
    whole: () => look(0, end),
  };

  controls.hidden = false;
  root.classList.add("can-zoom");
  controls.addEventListener("input", update);
  controls.addEventListener("submit", (event) => event.preventDefault());
  for (const button of all("[data-move]", controls))
    button.addEventListener("click", moves[button.dataset.move]);

  /* ---- a range chosen with the pointer ---- */

  const LEAST_DRAG = 4;
  let drag = null;

  const fraction = (event) => {
    const box = drag.track.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };

  root.addEventListener("pointerdown", (event) => {
    const track = event.button === 0 && event.pointerType !== "touch" ? event.target.closest(".track") : null;
    if (!track)
      return;
    drag = {track, x: event.clientX, range: null};
    drag.start = fraction(event);
  });

  window.addEventListener("pointermove", (event) => {
    if (!drag || (!drag.range && Math.abs(event.clientX - drag.x) < LEAST_DRAG))
      return;
    event.preventDefault();
    if (!drag.range) {
      drag.range = document.createElement("div");
      drag.range.className = "chosen";
      drag.track.append(drag.range);
    }
    const now = fraction(event);
    drag.range.style.left = Math.min(now, drag.start) * 100 + "%";
    drag.range.style.width = Math.abs(now - drag.start) * 100 + "%";
  });

  /* The one that the browser makes of the end of a drag, if it does. */
  const swallowClick = () => {
    const swallow = (click) => {
      click.preventDefault();
      click.stopPropagation();
    };
    window.addEventListener("click", swallow, {capture: true, once: true});
    setTimeout(() => window.removeEventListener("click", swallow, {capture: true}));
  };

  window.addEventListener("pointerup", (event) => {
    if (!drag)
      return;
    const {range, start} = drag;
    const now = fraction(event);
    drag = null;
    if (!range)
      return;
    range.remove();
    look(view.from + view.span * Math.min(now, start), view.span * Math.abs(now - start));
    swallowClick();
  });

  root.addEventListener("dragstart", (event) => event.preventDefault());

  update();
})();
