/** @file The public data sets that are known by their files: what they are called, what they recommend and on what terms they may be used. */

import type { KnownSet } from '../records.js'

export const movielens: KnownSet = {
  title: 'MovieLens (GroupLens)',
  domain: 'film',
  terms: "GroupLens' terms: research use, no redistribution",
}

export const lastfm: KnownSet = {
  title: 'LastFM (HetRec 2011)',
  domain: 'artist',
  terms: "non-commercial use; cite Last.fm and the HetRec'11 workshop (Cantador, Brusilovsky and Kuflik 2011)",
}

export const bookGraph: KnownSet = {
  title: 'GoodReads (UCSD Book Graph)',
  domain: 'book',
  terms: 'academic use, no redistribution; cite Wan and McAuley 2018 and Wan, Misra, Nakashole and McAuley 2019',
}

export const goodbooks: KnownSet = {
  title: 'GoodReads (goodbooks-10k)',
  domain: 'book',
  terms: 'CC BY-SA 4.0 (Zając 2017)',
}

export const userRatings: KnownSet = {
  title: 'GoodReads (user ratings)',
  domain: 'book',
  terms: 'collected from goodreads.com, licence not verified: research use, no redistribution',
}
