/** When drafts are no longer needed: a page says that one was saved, or whoever wrote them signs out of this browser. */

/** How the keys of drafts begin; and where the key of the one that is being saved stands. */
export const PREFIX = 'nexus.draft:'
export const SAVING = 'nexus.saving'

export function dropDrafts(): void {
  try {
    const key = sessionStorage.getItem(SAVING)
    if (key && document.querySelector('[data-saved]')) {
      sessionStorage.removeItem(SAVING)
      localStorage.removeItem(key)
    }
  } catch {
    // The browser forbids storage: then nothing was kept.
  }
  // The next one at this computer may be somebody else.
  document.querySelector('form[action$="/logout/"]')?.addEventListener('submit', () => {
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key)
    } catch {
      // As above.
    }
  })
}
