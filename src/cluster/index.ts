/** @file Cluster: work that programs of the folder `cluster` do elsewhere, handed over as files. Knows no training and no lists. */

export { filesOfSmallModel } from './model-files.js'
export { clusterFolder } from './programs.js'
export { type ClusterJob, openRayCluster, type RayAsked, type RayCluster, rayAskedSchema } from './ray-cluster.js'
export { failureIn, type SaidFailure, saidIn } from './said.js'
