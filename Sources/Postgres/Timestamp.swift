import Foundation

/// PostgreSQL counts microseconds from 2000-01-01 UTC; Foundation seconds from 2001-01-01 UTC.
private let secondsFrom2000To2001 = 31_622_400.0

extension Date {
    /// nil when the date is not a number or out of the range of an `Int64`.
    var postgresMicroseconds: Int64? {
        let microseconds = ((timeIntervalSinceReferenceDate + secondsFrom2000To2001) * 1_000_000)
            .rounded()
        return Int64(exactly: microseconds)
    }

    /// `infinity` and `-infinity` become Foundation's distant future and past.
    init(postgresMicroseconds microseconds: Int64) {
        switch microseconds {
        case .max: self = .distantFuture
        case .min: self = .distantPast
        default:
            let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
            self.init(
                timeIntervalSinceReferenceDate: Double(seconds) - secondsFrom2000To2001
                    + Double(rest) / 1_000_000)
        }
    }
}
