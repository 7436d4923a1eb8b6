// Whether the page scrolls sideways, which of its boxes are cut, and which words are broken in the middle.
() => {
  const broken = [];
  const range = document.createRange();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.checkVisibility() || node.parentElement.closest("script, style, pre")) continue;
    for (const word of node.textContent.matchAll(/\p{L}{2,}/gu)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].filter((box) => box.width > 0).map((box) => Math.round(box.top)));
      if (lines.size > 1) broken.push(`${word[0]} in ${node.textContent.trim().slice(0, 60)}`);
    }
  }
  const page = document.documentElement;
  const outside = [...document.querySelectorAll("main table, main img, main pre")].filter((box) => {
    const scrolls = (node) => node && (["auto", "scroll"].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
    return box.checkVisibility() && box.getBoundingClientRect().right > page.clientWidth && !scrolls(box.parentElement);
  });
  return { sideways: page.scrollWidth > page.clientWidth, outside: outside.length, broken };
}
