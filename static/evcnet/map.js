// Maps of charge points: each is fetched from the address in data-map once it comes into sight, and drawn by Leaflet.
// All words come with the page or with the answer; what the map shows, legend and table say too.
(() => {
  const ROWS = 200 // of the table
  const CLOSEST = 18
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches

  const element = (tag, name, ...inside) => {
    const made = document.createElement(tag)
    made.className = name
    made.append(...inside)
    return made
  }
  const unread = (sign) => {
    const made = element("span", "", sign)
    made.setAttribute("aria-hidden", "true")
    return made
  }
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0)
  const icon = (inside, size) => L.divIcon({ html: inside, className: "evc-map-mark", iconSize: [size, size] })

  class PointMap {
    constructor(section) {
      this.section = section
      this.ground = section.querySelector(".evc-map-ground")
      this.words = {}
    }

    async begin() {
      const answer = await this.fetched("")
      if (!answer) return
      if (!answer.places.length) return void (this.section.hidden = true)
      this.part("says").hidden = true
      this.ground.hidden = false
      this.draw()
      this.show(answer)
      this.map.fitBounds(answer.places.map((place) => place.at), { padding: [30, 30], maxZoom: 16, animate: false })
      if (answer.in_areas) this.map.on("moveend", () => this.look())
    }

    part(name) {
      return this.section.querySelector(`[data-${name}]`)
    }

    async fetched(query) {
      this.asked?.abort()
      this.asked = new AbortController()
      try {
        const answer = await fetch(this.section.dataset.map + query, { signal: this.asked.signal })
        if (!answer.ok) throw new Error(answer.statusText)
        return await answer.json()
      } catch (wrong) {
        if (wrong.name !== "AbortError") {
          this.part("says").hidden = true
          this.part("failed").hidden = false
        }
      }
    }

    // The part of the map that is in sight, where all of it were too many points.
    async look() {
      const bounds = this.map.getBounds()
      const edges = [bounds.getSouth(), bounds.getWest(), bounds.getNorth(), bounds.getEast()]
      const joint = this.section.dataset.map.endsWith("?") ? "" : "&"
      const answer = await this.fetched(`${joint}within=${edges.map((edge) => edge.toFixed(6)).join(",")}`)
      if (!answer) return
      this.show(answer)
      if (this.cities) this.nameCities()
    }

    draw() {
      const said = this.section.dataset
      const motion = { zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still }
      this.map = L.map(this.ground, {
        ...motion, zoomControl: false, maxZoom: CLOSEST, dragging: !L.Browser.mobile, scrollWheelZoom: false,
        attributionControl: Boolean(said.tiles),
      })
      this.map.attributionControl?.setPrefix(false)
      // A page is scrolled past its map; the wheel zooms once the map was clicked into.
      this.map.on("focus", () => this.map.scrollWheelZoom.enable())
      this.map.on("blur", () => this.map.scrollWheelZoom.disable())
      this.ground.addEventListener("keydown", (event) => event.key === "Escape" && this.map.closePopup())
      L.control.zoom({ zoomInTitle: said.zoomIn, zoomOutTitle: said.zoomOut }).addTo(this.map)
      L.control.scale({ imperial: false }).addTo(this.map)
      if (said.tiles) {
        const attribution = element("span", "", said.attribution).innerHTML
        L.tileLayer(said.tiles, { attribution, maxZoom: CLOSEST, referrerPolicy: "strict-origin" }).addTo(this.map)
      } else {
        this.map.createPane("cities").classList.add("evc-map-cities")
        this.cities = L.layerGroup().addTo(this.map)
        this.map.on("moveend", () => requestAnimationFrame(() => this.nameCities()))
      }
      this.marks = L.markerClusterGroup({
        maxClusterRadius: 45, showCoverageOnHover: false, animate: !still,
        spiderLegPolylineOptions: { className: "evc-map-leg", weight: 1.5 },
        iconCreateFunction: (cluster) => this.cluster(cluster.getAllChildMarkers().map((mark) => mark.options.place)),
      })
      // What was opened by key is gone once it has opened: the map keeps the focus.
      this.marks.on("clusterkeypress", (event) => event.originalEvent.key === "Enter" && this.keepFocus())
      if (this.cities) this.marks.on("animationend", () => this.nameCities())
      this.map.addLayer(this.marks)
    }

    keepFocus() {
      this.ground.focus({ preventScroll: true })
    }

    show(answer) {
      this.words = answer.kinds
      this.part("in-areas").hidden = !answer.in_areas
      this.marks.clearLayers()
      this.marks.addLayers(answer.places.map((place) => (place.page ? this.point(place) : this.area(place))))
      this.legend(answer.places)
      this.table(answer.places.filter((place) => place.page))
    }

    point(place) {
      const [kind] = Object.keys(place.kinds)
      const [word, shape, tone] = this.words[kind]
      const pin = element("span", `evc-pin is-${tone}`, unread(shape), element("span", "evc-sr", `${place.label}, ${word}`))
      const mark = L.marker(place.at, { place, icon: icon(pin, 28), title: place.label, riseOnHover: true })
      mark.bindPopup(() => this.card(place, kind))
      mark.on("popupopen", (event) => event.popup.getElement().querySelector(".evc-map-card a").focus({ preventScroll: true }))
      return mark.on("popupclose", () => mark.getElement()?.focus({ preventScroll: true }))
    }

    area(place) {
      const mark = L.marker(place.at, { place, icon: this.cluster([place]) })
      const closer = () => {
        this.keepFocus()
        this.map.setView(place.at, Math.min(this.map.getZoom() + 2, CLOSEST))
      }
      return mark.on("click", closer).on("keypress", (event) => event.originalEvent.key === "Enter" && closer())
    }

    counts(places) {
      const counts = {}
      for (const kind of Object.keys(this.words)) {
        const many = sum(places.map((place) => place.kinds[kind] || 0))
        if (many) counts[kind] = many
      }
      return counts
    }

    // How many, and beside it what is wrong with how many of them.
    cluster(places) {
      const counts = this.counts(places)
      const bad = Object.keys(counts).filter((kind) => this.words[kind][2] === "bad")
      const parts = Object.entries(counts).map(([kind, many]) => `${many} ${this.words[kind][0]}`)
      const many = sum(Object.values(counts))
      const signs = bad.map((kind) => element("span", "evc-pin-bad", `${this.words[kind][1]} ${counts[kind]}`))
      const shown = unread(String(many))
      shown.append(...signs)
      const said = element("span", "evc-sr", `${many} ${this.section.dataset.noun}: ${parts.join(", ")}`)
      return icon(element("span", `evc-pin is-many${bad.length ? " is-bad" : ""}`, shown, said), 38)
    }

    badge(kind) {
      const [word, shape, tone] = this.words[kind]
      return element("span", `evc-badge is-${tone}`, unread(shape), ` ${word}`)
    }

    link(place) {
      const link = element("a", "", place.label)
      link.href = place.page
      return link
    }

    card(place, kind) {
      const where = [place.name, place.address, place.city].filter(Boolean).join(", ")
      return element("div", "evc-map-card", this.link(place), element("span", "evc-below", where), this.badge(kind))
    }

    legend(places) {
      const lines = Object.entries(this.counts(places)).map(([kind, many]) => {
        return element("li", "", this.badge(kind), ` ${many.toLocaleString(document.documentElement.lang)}`)
      })
      this.section.querySelector(".evc-map-legend").replaceChildren(...lines)
    }

    table(points) {
      const cell = (...inside) => element("td", "", ...inside)
      const rows = points.slice(0, ROWS).map((place) => {
        const head = element("th", "", this.link(place), place.name ? ` ${place.name}` : "")
        head.scope = "row"
        const where = [place.address, place.city].filter(Boolean).join(", ")
        return element("tr", "", head, cell(where), cell(this.badge(Object.keys(place.kinds)[0])))
      })
      this.section.querySelector("tbody").replaceChildren(...rows)
      this.section.querySelector("details").hidden = points.length < 2
      this.part("more").hidden = points.length <= ROWS
    }

    // Without tiles the names of cities tell where one is: below or above the mark that has most of a city's points, largest
    // cities first, and none over a mark or another name.
    nameCities() {
      this.cities.clearLayers()
      const spotOf = (mark) => this.map.latLngToLayerPoint(mark.getLatLng())
      const cities = new Map()
      const marks = new Set()
      this.marks.eachLayer((mark) => {
        const { city } = mark.options.place
        const shown = this.marks.getVisibleParent(mark)
        if (!shown) return
        marks.add(shown)
        if (!city) return
        if (!cities.has(city)) cities.set(city, new Map())
        cities.get(city).set(shown, (cities.get(city).get(shown) || 0) + 1)
      })
      const pins = [...marks].map(spotOf)
      const names = []
      const isNear = (spots, spot, x, y) => spots.some((one) => Math.abs(one.x - spot.x) < x && Math.abs(one.y - spot.y) < y)
      const largest = [...cities].sort(([, a], [, b]) => sum([...b.values()]) - sum([...a.values()]))
      for (const [city, counts] of largest) {
        const [[mark]] = [...counts].sort(([, a], [, b]) => b - a)
        const spots = [30, -30].map((below) => spotOf(mark).add([0, below]))
        const spot = spots.find((one) => !isNear(pins, one, 50, 28) && !isNear(names, one, 110, 22))
        if (!spot) continue
        names.push(spot)
        const label = L.divIcon({ html: unread(city), className: "evc-map-city", iconSize: [160, 20] })
        const options = { icon: label, interactive: false, keyboard: false, pane: "cities" }
        L.marker(this.map.layerPointToLatLng(spot), options).addTo(this.cities)
      }
    }
  }

  const watcher = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue
      watcher.unobserve(target)
      new PointMap(target).begin()
    }
  }, { rootMargin: "200px" })
  document.querySelectorAll("[data-map]").forEach((section) => watcher.observe(section))
})()
