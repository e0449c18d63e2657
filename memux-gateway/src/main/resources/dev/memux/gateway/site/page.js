// Shows, from the browser's own measurements and what the server says of each answer, how this page came. Without it the
// page is complete; the panel is not there.
const byId = (id) => document.getElementById(id);
const rows = new Map(); // by URL and time of asking: a browser may ask twice
let arrived = 0;

function add(parent, name, text = "", className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}

const milliseconds = (time) => `${Math.round(time)} ms`;
const size = (bytes) =>
  bytes < 1e3 ? `${bytes} B` : bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

// What the server said: urgency, incremental, by, number.
const said = (entry) => Object.fromEntries((entry.serverTiming ?? []).map((t) => [t.name, t.description]));

function newRow(entry) {
  const line = document.createElement("tr");
  const row = { line, entry };
  const path = new URL(entry.name).pathname;
  const name = add(line, "th", path.slice(path.lastIndexOf("/") + 1) || "document");
  name.scope = "row";
  name.title = path;
  row.protocol = add(line, "td", "", "protocol");
  row.priority = add(line, "td", "", "priority");
  row.size = add(line, "td", "", "size");
  row.done = add(line, "td", "", "done");
  const cell = add(line, "td", "", "bar");
  row.wait = add(cell, "i", "", "wait");
  row.data = add(cell, "i", "", "data");
  row.times = add(cell, "span", "", "heard");
  // Rows stand in the order of their beginnings, whenever they are told of.
  const later = [...rows.values()].filter((other) => other.entry.startTime > entry.startTime);
  later.sort((a, b) => a.entry.startTime - b.entry.startTime);
  byId("rows").insertBefore(line, later[0]?.line ?? null);
  return row;
}

function place(bar, from, to) {
  bar.style.setProperty("--from", from);
  bar.style.setProperty("--to", to);
}

function show(entry) {
  const key = `${entry.startTime} ${entry.name}`;
  let row = rows.get(key);
  if (!row) {
    row = newRow(entry);
    rows.set(key, row);
  }
  row.entry = entry;
  const { urgency, incremental, by, number } = said(entry);
  const protocol = entry.nextHopProtocol || "?";
  row.number = Number(number);
  row.line.dataset.protocol = protocol;
  row.protocol.textContent = protocol;
  if (urgency !== undefined) {
    row.priority.textContent = `${urgency}${incremental === "1" ? " i" : ""}`;
    row.priority.classList.toggle("chosen", by === "server");
    if (by === "server") add(row.priority, "span", ", chosen by the server", "heard");
  }
  row.size.textContent = size(entry.encodedBodySize);
  const first = entry.responseStart || entry.responseEnd;
  place(row.wait, entry.startTime, first);
  place(row.data, first, entry.responseEnd);
  row.times.textContent = `${Math.round(entry.startTime)} to ${milliseconds(entry.responseEnd)}`;
  row.line.title = `asked at ${milliseconds(entry.startTime)}, first byte at ${milliseconds(first)}, all at ${milliseconds(entry.responseEnd)}`;
  if (!row.arrived && entry.responseEnd > 0) {
    row.arrived = true;
    row.done.textContent = ++arrived; // by the browser's clock, until the server has told
  }
}

function summarize() {
  const entries = [...rows.values()].map((row) => row.entry);
  const counts = new Map();
  let end = 1;
  let bytes = 0;
  for (const entry of entries) {
    const name = entry.nextHopProtocol || "unknown";
    counts.set(name, (counts.get(name) ?? 0) + 1);
    end = Math.max(end, entry.responseEnd);
    bytes += entry.encodedBodySize;
  }
  byId("rows").style.setProperty("--end", end);
  byId("scale").textContent = milliseconds(end);
  byId("total-protocol").textContent = [...counts.keys()].join(", ");
  byId("total-count").textContent = entries.length;
  byId("total-bytes").textContent = size(bytes);
  byId("total-time").textContent = milliseconds(end);
  return counts;
}

function onEntries(entries) {
  for (const entry of entries) {
    if (entry.initiatorType !== "fetch") show(entry);
  }
  return summarize();
}

// The line in the header is read aloud when it changes: once, at the end.
function conclude() {
  observer.disconnect(); // what comes later, such as the icon of the tab, is not the page
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const counts = onEntries(entries);
  const all = counts.size === 1 ? "all " : "";
  const parts = [...counts].map(([name, n]) => (all ? `over ${name}` : `${n} over ${name}`));
  byId("carried").textContent = `${rows.size} resources, ${all}${parts.join(", ")}`;
  byId("carried").classList.toggle("all-h3", counts.size === 1 && counts.has("h3"));
  if (!(counts.size === 1 && counts.has("h3"))) byId("again").textContent = "Load it again over HTTP/3";
  askServer(5);
}

// The last acknowledgements may still be under way.
async function askServer(tries) {
  const numbered = [...rows.values()].filter((row) => row.number);
  const first = Math.min(...numbered.map((row) => row.number));
  const response = await fetch(`delivered.json?from=${first}`, { priority: "low" }).catch(() => null);
  const order = response?.ok ? await response.json() : [];
  const delivered = numbered.filter((row) => order.includes(row.number));
  if (delivered.length < numbered.length) {
    if (tries > 1) setTimeout(askServer, 200, tries - 1);
    return;
  }
  delivered.sort((a, b) => order.indexOf(a.number) - order.indexOf(b.number));
  delivered.forEach((row, i) => (row.done.textContent = i + 1));
}

byId("transfer").hidden = false;
byId("again").addEventListener("click", () => location.reload());
onEntries(performance.getEntriesByType("navigation"));
const observer = new PerformanceObserver((list) => onEntries(list.getEntries()));
observer.observe({ type: "resource", buffered: true });
// One turn after the load event the measurements of whatever ended with it are there too.
addEventListener("load", () => setTimeout(conclude, 0));
