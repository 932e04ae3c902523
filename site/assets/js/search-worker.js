// The worker that searches: two things that the theme's own lacks, then that one, whose address follows the mark. In the
// hidden frame that plays the worker on a page from disk, the page loads the theme's script itself.
;(() => {
  const [INDEX, QUERY, ANSWER] = [0, 2, 3] // the theme's numbers of messages
  const HAN = /[\u3400-\u9fff]{2,}/g
  const LETTER = /^[\u3400-\u9fff]$/
  const MARKED = /<mark>([\u3400-\u9fff])<\/mark>/g

  // lunr keeps its words in a tree and shares equal branches. It told them apart by letters and numbers written without
  // anything between them, so that "a" to 12, "3" to 4 was taken for "a" to 1, "2" to 34: words were found that no
  // page has, and the search for many others ended in an error.
  const mend = () => {
    lunr.TokenSet.prototype.toString = function () {
      const edges = Object.keys(this.edges).sort()
      return `${Number(this.final)}${edges.map((letter) => `${letter}${this.edges[letter].id} `).join("")}`
    }
  }

  // Chinese is looked up letter by letter, and what has the letters may have them anywhere: of these stay the entries
  // that have them side by side, unless none has.
  let texts = new Map()
  let wanted = []
  const plain = ({ title, text }) => `${title}\n${text}`.replace(/<[^>]*>/g, "")
  const fits = ({ location }) => wanted.every((word) => texts.get(location).includes(word))
  // A page is listed with its own entry, the one without a mark in its address, and with those of its sections that fit.
  const narrowed = (items) => {
    const pages = items.filter((entries) => entries.some(fits))
    const kept = pages.map((entries) => entries.filter((entry) => fits(entry) || !entry.location.includes("#")))
    return kept.length ? kept.map((entries) => entries.map(marked)) : items
  }
  // In these the words are marked, here and on the page that is opened, and not each letter of theirs.
  const marked = (entry) => {
    const terms = Object.entries(entry.terms).filter(([term]) => !LETTER.test(term))
    for (const word of wanted) terms.push([word, true])
    return { ...entry, title: whole(entry.title), text: whole(entry.text), terms: Object.fromEntries(terms) }
  }
  const whole = (text) =>
    wanted.reduce((text, word) => text.replaceAll(word, `<mark>${word}</mark>`), text.replace(MARKED, "$1"))

  // This listener must be there before the theme's, which answers at once.
  addEventListener("message", ({ data: { type, data } }) => {
    if (type === QUERY) wanted = data.replaceAll("\u200b", "").match(HAN) ?? []
    if (type !== INDEX) return
    mend()
    texts = new Map(data.docs.map((entry) => [entry.location, plain(entry)]))
  })

  const answer = globalThis.postMessage
  globalThis.postMessage = (message) => {
    const { type, data } = message
    const isChinese = type === ANSWER && wanted.length > 0
    answer.call(globalThis, isChinese ? { type, data: { ...data, items: narrowed(data.items) } } : message)
  }
})()
if (globalThis.WorkerGlobalScope) importScripts(decodeURIComponent(location.hash.slice(1)))
