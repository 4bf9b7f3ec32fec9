import Foundation

/// A small generator with a seed, so that a random test can be run again as it was.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The seed of one round: given in `CLEARWAY_TEST_SEED`, or drawn and to be printed.
    package static func seed(_ round: Int) -> UInt64 {
        if let text = ProcessInfo.processInfo.environment["CLEARWAY_TEST_SEED"],
            let seed = UInt64(text)
        {
            return seed
        }
        return UInt64.random(in: 0 ... .max) &+ UInt64(round)
    }
}
