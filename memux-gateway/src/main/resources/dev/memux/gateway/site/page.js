// Tells, from the browser's own measurements, what carried this page.
addEventListener("load", () => {
  const line = document.getElementById("carried");
  // One turn later the measurements of whatever ended with the load event are there too.
  setTimeout(() => {
    const entries = [
      ...performance.getEntriesByType("navigation"),
      ...performance.getEntriesByType("resource"),
    ];
    const counts = new Map();
    for (const { nextHopProtocol } of entries) {
      const name = nextHopProtocol || "unknown";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const all = counts.size === 1 ? "all " : "";
    const parts = [...counts].map(([name, n]) => (all ? `over ${name}` : `${n} over ${name}`));
    line.textContent = `${entries.length} resources, ${all}${parts.join(", ")}`;
    line.classList.toggle("all-h3", counts.size === 1 && counts.has("h3"));
  }, 0);
});
