export { cacheFolder, isOffline } from './cache-folder.js'
export { type AssetState, type FetchOptions, fetchAsset, isAsset, listAssets } from './fetch-asset.js'
