/** A page that says that something was saved: the draft that was sent is no longer needed. */
export function dropSaved(): void {
  try {
    const key = sessionStorage.getItem('nexus.saving')
    if (!key || !document.querySelector('[data-saved]')) return
    sessionStorage.removeItem('nexus.saving')
    localStorage.removeItem(key)
  } catch {
    // The browser forbids storage: then nothing was kept.
  }
}
