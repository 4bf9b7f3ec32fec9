import Foundation
import Testing

@testable import PaymentEvents

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-24T10:00:00.000Z", 1_795_514_400_000_000),
        ("2026-11-24T10:00:00.123456Z", 1_795_514_400_123_456),
        ("2026-11-24T10:00:00.1Z", 1_795_514_400_100_000),
        ("2026-11-24T10:00:00.123456000Z", 1_795_514_400_123_456),
        ("2026-11-24T11:30:00+01:30", 1_795_514_400_000_000),
        ("2026-11-23T22:00:00-12:00", 1_795_514_400_000_000),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ("2000-02-29T23:59:59Z", 951_868_799_000_000),
    ])
    func `an instant is read to the microsecond`(text: String, microseconds: Int64) throws {
        let instant = try #require(Timestamp.parse(text))
        #expect(Timestamp.microseconds(of: instant) == microseconds)
    }

    @Test(arguments: [
        "", "2026-11-24", "2026-11-24T10:00:00", "2026-11-24 10:00:00Z", "2026-11-24t10:00:00z",
        "2026-11-24T10:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-11-00T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T10:60:00Z",
        "2026-12-31T23:59:60Z", "2026-11-24T10:00:00.Z", "2026-11-24T10:00:00.1234567Z",
        "2026-11-24T10:00:00.0000000000Z", "2026-11-24T10:00:00+24:00", "2026-11-24T10:00:00+0100",
        "2026-11-24T10:00:00Zx", "+026-11-24T10:00:00Z", "1969-12-31T23:59:59Z",
        "2262-01-01T00:00:00Z", "２026-11-24T10:00:00Z",
    ])
    func `anything else is refused`(text: String) {
        #expect(Timestamp.parse(text) == nil)
    }

    @Test func `an instant is written with six decimals`() {
        #expect(
            Timestamp.text(Timestamp.date(microseconds: 1_795_514_400_000_001))
                == "2026-11-24T10:00:00.000001Z")
        #expect(Timestamp.text(Timestamp.date(microseconds: -1)) == "1969-12-31T23:59:59.999999Z")
    }

    @Test func `writing and reading gives the same instant`() throws {
        var random = SplitMix64.seeded(for: "instants")
        for _ in 0..<2000 {
            let microseconds = Int64.random(in: 0..<9_214_646_400_000_000, using: &random)
            let instant = Timestamp.date(microseconds: microseconds)
            #expect(Timestamp.microseconds(of: instant) == microseconds)
            #expect(Timestamp.parse(Timestamp.text(instant)) == instant)
            #expect(Timestamp.rounded(instant) == instant)
        }
    }

    @Test(arguments: [Date.distantPast, .distantFuture, Date(timeIntervalSince1970: .infinity)])
    func `no date traps`(instant: Date) {
        #expect(!Timestamp.text(instant).isEmpty)
    }
}
