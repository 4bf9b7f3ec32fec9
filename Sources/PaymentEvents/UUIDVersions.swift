internal import Crypto
package import Foundation

extension UUID {
    /// Makes a version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits.
    ///
    /// Ids made later sort later, which keeps the indexes that hold them dense. Within one
    /// millisecond the order is random.
    package static func version7(
        at instant: Date, using generator: inout some RandomNumberGenerator
    ) -> UUID {
        let milliseconds = UInt64(max(0, Timestamp.microseconds(of: instant) / 1000))
        let high = milliseconds << 16 | 0x7000 | generator.next() & 0x0FFF
        let low = 0x8000_0000_0000_0000 | generator.next() >> 2
        return UUID(high: high, low: low)
    }

    /// Makes a version 5 UUID (RFC 9562): always the same one for the same namespace and name.
    package static func version5(namespace: UUID, name: String) -> UUID {
        var hash = Insecure.SHA1()
        hash.update(data: namespace.bytes)
        hash.update(data: Array(name.utf8))
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in hash.finalize().prefix(16).enumerated() {
            if index < 8 { high = high << 8 | UInt64(byte) } else { low = low << 8 | UInt64(byte) }
        }
        high = high & ~0xF000 | 0x5000
        low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return UUID(high: high, low: low)
    }

    /// Reads the form with four dashes, in either case; `nil` for anything else.
    package init?(text: String) {
        var digits = 0
        var high: UInt64 = 0
        var low: UInt64 = 0
        guard text.utf8.count == 36 else { return nil }
        for (index, byte) in text.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Hexadecimal.value(of: byte) else { return nil }
            if digits < 16 {
                high = high << 4 | UInt64(digit)
            } else {
                low = low << 4 | UInt64(digit)
            }
            digits += 1
        }
        self.init(high: high, low: low)
    }

    /// The lower-case form with four dashes, the only one Clearway writes.
    package var text: String {
        var characters: [UInt8] = []
        characters.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                characters.append(UInt8(ascii: "-"))
            }
            Hexadecimal.append(byte, to: &characters)
        }
        return String(decoding: characters, as: UTF8.self)
    }

    private var bytes: [UInt8] {
        let u = uuid
        return [
            u.0, u.1, u.2, u.3, u.4, u.5, u.6, u.7, u.8, u.9, u.10, u.11, u.12, u.13, u.14, u.15,
        ]
    }

    private init(high: UInt64, low: UInt64) {
        func byte(_ word: UInt64, _ index: UInt64) -> UInt8 {
            UInt8(truncatingIfNeeded: word >> (56 - 8 * index))
        }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4),
                byte(high, 5), byte(high, 6), byte(high, 7), byte(low, 0), byte(low, 1),
                byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            ))
    }
}

/// Makes event ids from a clock and a source of randomness that the caller chooses.
package struct EventIDGenerator: Sendable {
    private let now: @Sendable () -> Date
    private let random: @Sendable () -> UInt64

    package init(now: @escaping @Sendable () -> Date, random: @escaping @Sendable () -> UInt64) {
        self.now = now
        self.random = random
    }

    /// The system's clock and the system's generator.
    package static let system = EventIDGenerator(
        now: { Date() },
        random: {
            var generator = SystemRandomNumberGenerator()
            return generator.next()
        })

    package func next() -> UUID {
        var source = Source(random: random)
        return UUID.version7(at: now(), using: &source)
    }

    private struct Source: RandomNumberGenerator {
        let random: @Sendable () -> UInt64
        mutating func next() -> UInt64 { random() }
    }
}
