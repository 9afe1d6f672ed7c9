/** @file Assets: model weights and data sets that are fetched on first use, checked against their hashes and kept in a cache folder. */

export { cacheFolder, offlineVariable } from './cache-folder.js'
export {
  type AssetState,
  checkAssets,
  type FetchOptions,
  fetchAsset,
  isAsset,
  listAssets,
  locate,
} from './fetch-asset.js'
