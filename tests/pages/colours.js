// The contrast of every visible text with what is behind it, and how light the page itself is.
() => {
  const parts = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const parent = walker.currentNode.parentElement;
    if (!text || !parent.checkVisibility()) continue;
    const [one, other] = [parts(getComputedStyle(parent).color), behind(parent)].map(light);
    found.push({ contrast: (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), text: text.slice(0, 40) });
  }
  found.sort((one, other) => one.contrast - other.contrast);
  return { worst: found[0], texts: found.length, ground: light(behind(document.body)) };
}
