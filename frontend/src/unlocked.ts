// In the place of react-style-singleton (vite.config.js): it writes a style element while a dialog is open, to keep the page
// behind from scrolling. The policy refuses that, and the explorer's page does not scroll.
export const styleSingleton = () => () => null
