/** @file What kernels do with the lanes of one vector. Compiled into each kernel that imports it. */

/** The sum of four numbers. */
export function sumOfFour(four: v128): i32 {
  return (
    i32x4.extract_lane(four, 0) +
    i32x4.extract_lane(four, 1) +
    i32x4.extract_lane(four, 2) +
    i32x4.extract_lane(four, 3)
  )
}
