package import Foundation

/// Instants as the contract writes them: RFC 3339 with a zone, to the microsecond.
///
/// `Date` holds microseconds exactly for a few centuries around now (its unit there is 0.12 µs);
/// everything here rounds to whole microseconds, which is also what PostgreSQL keeps.
package enum Timestamp {
    /// Reads `2026-11-24T10:00:00.123456Z` or the same with an offset such as `+01:00`.
    ///
    /// Years 1970 to 2261. Refused: a missing zone, a space instead of `T`, more than nine decimals
    /// (those beyond six must be zero), a day the month does not have, leap seconds, `24:00`.
    package static func parse(_ text: String) -> Date? {
        var reader = Reader(digits: Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"),
            let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T"),
            let hour = reader.number(2), reader.take(":"),
            let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), let fraction = reader.fraction(),
            let offset = reader.offset(), reader.isAtEnd,
            years.contains(year), (1...12).contains(month),
            day >= 1, day <= daysInMonth(month, of: year),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds =
            daysSinceEpoch(year, month, day) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
            - Int64(offset)
        return date(microseconds: seconds * 1_000_000 + Int64(fraction))
    }

    private static let years = 1970...2261

    /// The instants that can be written and read back: the years 1970 to 2261, in UTC.
    package static let range = date(microseconds: 0)..<date(microseconds: 9_214_646_400_000_000)

    /// The same instant in whole microseconds, as it comes back from text and from the database.
    package static func rounded(_ instant: Date) -> Date {
        date(microseconds: microseconds(of: instant))
    }

    /// Ends a sentence about a string that could not be read.
    static let requirement = "must be an instant such as 2026-11-24T10:00:00.000Z"

    /// Writes the instant in UTC with six decimals: `2026-11-24T10:00:00.000000Z`.
    package static func text(_ instant: Date) -> String {
        let total = microseconds(of: instant)
        let days = floorDivide(total, by: 86_400_000_000)
        let rest = total - days * 86_400_000_000
        let (year, month, day) = civilDate(daysSinceEpoch: days)
        let seconds = rest / 1_000_000
        var characters: [UInt8] = []
        characters.reserveCapacity(27)
        append(year, width: 4, to: &characters)
        for (separator, value) in [
            ("-", month), ("-", day), ("T", seconds / 3600), (":", seconds / 60 % 60),
            (":", seconds % 60),
        ] {
            characters.append(contentsOf: separator.utf8)
            append(value, width: 2, to: &characters)
        }
        characters.append(UInt8(ascii: "."))
        append(rest % 1_000_000, width: 6, to: &characters)
        characters.append(UInt8(ascii: "Z"))
        return String(decoding: characters, as: UTF8.self)
    }

    /// Microseconds since 1970, rounded; clamped to ±292,000 years.
    package static func microseconds(of instant: Date) -> Int64 {
        // Split first: the product with 1e6 of a whole number of seconds is exact in Int64.
        let seconds = instant.timeIntervalSinceReferenceDate
        guard seconds.isFinite, abs(seconds) < 9e12 else { return seconds < 0 ? .min : .max }
        let whole = seconds.rounded(.down)
        let fraction = ((seconds - whole) * 1_000_000).rounded()
        return (Int64(whole) + referenceDate) * 1_000_000 + Int64(fraction)
    }

    /// The instant that many microseconds after 1970 began.
    package static func date(microseconds: Int64) -> Date {
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Date(
            timeIntervalSinceReferenceDate: Double(seconds - referenceDate) + Double(rest) / 1e6)
    }

    /// Seconds from 1970 to 2001, where `Date` begins.
    private static let referenceDate: Int64 = 978_307_200
}

extension Timestamp {
    private struct Reader {
        let digits: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == digits.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard index < digits.count, UInt32(digits[index]) == character.value else {
                return false
            }
            index += 1
            return true
        }

        mutating func number(_ width: Int) -> Int? {
            guard index + width <= digits.count else { return nil }
            var value = 0
            for _ in 0..<width {
                let digit = digits[index] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                value = value * 10 + Int(digit)
                index += 1
            }
            return value
        }

        /// Microseconds after the point; 0 without one.
        mutating func fraction() -> Int? {
            guard take(".") else { return 0 }
            var value = 0
            var count = 0
            while let digit = number(1) {
                count += 1
                guard count <= 9, count <= 6 || digit == 0 else { return nil }
                if count <= 6 { value = value * 10 + digit }
            }
            guard count > 0 else { return nil }
            while count < 6 {
                value *= 10
                count += 1
            }
            return value
        }

        /// Seconds east of Greenwich.
        mutating func offset() -> Int? {
            if take("Z") { return 0 }
            let isEast = take("+")
            guard isEast || take("-"), let hours = number(2), take(":"), let minutes = number(2),
                hours < 24, minutes < 60
            else { return nil }
            return (isEast ? 1 : -1) * (hours * 3600 + minutes * 60)
        }
    }

    private static func append(_ value: Int64, width: Int, to characters: inout [UInt8]) {
        let digits = String(value).utf8
        characters.append(
            contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count)))
        characters.append(contentsOf: digits)
    }

    private static func daysInMonth(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01, by counting from March so that the leap day ends a year.
    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = floorDivide(shifted, by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    private static func civilDate(daysSinceEpoch: Int64) -> (Int64, Int64, Int64) {
        let days = daysSinceEpoch + 719_468
        let era = floorDivide(days, by: 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func floorDivide(_ value: Int64, by divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
