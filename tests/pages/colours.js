// The contrast of every visible text in an element with what is behind it, and how light the page itself is.
(root) => {
  const parts = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const over = ([r, g, b, alpha = 1], below) => [r, g, b].map((part, index) => part * alpha + below[index] * (1 - alpha));
  const behind = (node) => {
    const above = node.parentElement ? behind(node.parentElement) : [255, 255, 255];
    return over(parts(getComputedStyle(node).backgroundColor), above);
  };
  const found = [];
  const walker = document.createTreeWalker(document.querySelector(root ?? "body"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const parent = walker.currentNode.parentElement;
    if (!text || !parent.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const ground = behind(parent);
    const [ink, below] = [over(parts(getComputedStyle(parent).color), ground), ground].map(light);
    found.push({ contrast: (Math.max(ink, below) + 0.05) / (Math.min(ink, below) + 0.05), text: text.slice(0, 40) });
  }
  found.sort((one, other) => one.contrast - other.contrast);
  return { worst: found[0], texts: found.length, ground: light(behind(document.body)) };
}
