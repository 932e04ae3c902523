// What stands between the theme's search box and its index: the index is fetched when the box is first used, and what
// is typed is asked for in the way that finds it.
(() => {
  const QUERY = 2 // the theme's number of a message with what was typed
  const EXACT = 8 // how much more a word counts than one that only begins so: SimCLR before SimCLRv2
  const INDEX = /\/search\/search_index\.json$/
  const HAN = /([\u3400-\u9fff]+)/
  const OPERATORS = /["*~^:]|(^|\s)[+-]/
  const worker = new URL("search-worker.js", document.currentScript.src)
  const onDisk = location.protocol === "file:"

  // All letters of a Chinese word, wherever in a sentence; a mark between them keeps the theme from choosing some.
  const spaced = (text) => text.replace(/(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])/g, "\u200b")

  // The theme also looks for words that begin so; with a number such as 200 that would find 2006.07733, and with
  // "He" half of the dictionary.
  const asked = (word, alone) => {
    if (HAN.test(word)) return `+${spaced(word)}`
    const whole = /^\d{1,4}$/.test(word) || (!alone && word.length < 3)
    return whole ? `${word}^${EXACT}` : `${word}^${EXACT} ${word}`
  }

  // "v2" and "A" say nothing alone: BYOL-A and "MoCo v2" are also looked for as byola and mocov2, which their pages hold.
  const joined = (words) =>
    words.map((word, at) => {
      if (!/^([a-z]|v\d+)$/i.test(word) || words.length === 1) return word
      return at ? words[at - 1] + word : word + words[1]
    })

  const query = (text) => {
    if (OPERATORS.test(text)) return spaced(text)
    const words = joined(text.split(/[\s-]+/).flatMap((part) => part.split(HAN)).filter(Boolean))
    return words.map((word) => asked(word, words.length === 1)).join(" ")
  }

  window.Worker = class extends window.Worker {
    constructor(url) {
      super(onDisk ? url : `${worker}#${encodeURIComponent(new URL(url, location.href))}`)
    }
    postMessage(message) {
      super.postMessage(message.type === QUERY ? { ...message, data: query(message.data) } : message)
    }
  }

  // A page that is opened with ?h= marks what was searched for, where it is seen: Chinese abstracts are folded.
  const marked = (new URLSearchParams(location.search).get("h") ?? "").split(" ").filter((word) => HAN.test(word))
  const unfold = () => {
    for (const folded of document.querySelectorAll("article details")) {
      if (marked.some((word) => folded.textContent.includes(word))) folded.open = true
    }
  }
  document.addEventListener("DOMContentLoaded", unfold)

  // With ?h=, and with ?q= that searches at once, the box counts as used.
  const used = new Promise((use) => {
    const isBox = ({ target }) => target instanceof Element && target.matches(".md-search__input, #__search")
    if (["h", "q"].some((name) => new URLSearchParams(location.search).has(name))) use()
    for (const name of ["focusin", "change"]) document.addEventListener(name, (event) => isBox(event) && use())
  })

  window.XMLHttpRequest = class extends window.XMLHttpRequest {
    open(method, url, ...more) {
      this.waits = INDEX.test(url)
      super.open(method, url, ...more)
    }
    send(body) {
      if (this.waits) used.then(() => super.send(body))
      else super.send(body)
    }
  }
})()
