import { describe, expect, it } from 'vitest'
import { circleData } from '../../test/support/circle-data.js'
import { Catalogue, catalogueOf, historiesOf } from '../data/index.js'
import { createPopulation } from './population.js'

const dataset = circleData(30, 10, 20)
const population = createPopulation(catalogueOf(dataset), historiesOf(dataset, new Uint32Array(30).fill(8)))

describe('population', () => {
  it('lists the owners of an item once each, from known interactions only', () => {
    for (let item = 0; item < 20; item++) {
      const owners = Array.from({ length: 30 }, (_, user) => user).filter((user) =>
        population.known(user).includes(item),
      )
      expect([...population.ownersOf(item)]).toEqual(owners)
    }
  })

  it('refuses histories of another catalogue', () => {
    const catalogue = new Catalogue(dataset.items.slice(0, 19))
    expect(() => createPopulation(catalogue, historiesOf(dataset))).toThrow('the catalogue has 19 items')
  })
})
