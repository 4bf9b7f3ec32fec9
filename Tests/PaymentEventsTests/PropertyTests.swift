import Foundation
import Testing

@testable import PaymentEvents

struct PropertyTests {
    @Test func `writing and parsing any value gives the value`() throws {
        var random = SplitMix64.seeded(for: "round trip")
        for _ in 0..<500 {
            let value = Self.value(depth: 4, using: &random)
            #expect(try JSONValue(parsing: value.canonicalBytes()) == value)
        }
    }

    @Test func `the order of members and white space do not change the canonical bytes`() throws {
        var random = SplitMix64.seeded(for: "permutations")
        for _ in 0..<300 {
            let value = Self.value(depth: 4, using: &random)
            let written = Self.scrambled(value, using: &random)
            #expect(try JSONValue(parsing: written).canonicalBytes() == value.canonicalBytes())
        }
    }

    @Test func `encoding and parsing any event gives the event`() throws {
        var random = SplitMix64.seeded(for: "events")
        for _ in 0..<300 {
            let event = try PaymentEvent(Self.draft(using: &random))
            let again = try PaymentEvent(parsing: event.encoded())
            #expect(again == event)
            #expect(again.encoded() == event.encoded())
            #expect(again.contentFingerprint == event.contentFingerprint)
        }
    }

    @Test func `a mutated document is parsed or refused, and nothing else`() throws {
        var random = SplitMix64.seeded(for: "mutations")
        let originals = try (0..<20).map { _ in
            try PaymentEvent(Self.draft(using: &random)).encoded()
        }
        var accepted = 0
        let count = 6000
        for round in 0..<count {
            var bytes = originals[round % originals.count]
            for _ in 0...random.below(3) { Self.mutate(&bytes, using: &random) }
            do throws(EventRejection) {
                let event = try PaymentEvent(parsing: bytes)
                accepted += 1
                // What was accepted can be stored and read again.
                #expect(throws: Never.self) { try PaymentEvent(parsing: event.encoded()) }
            } catch {
                #expect(!error.violations.isEmpty)
                #expect(error.violations.allSatisfy { !$0.reason.isEmpty })
            }
        }
        // Both outcomes occur, or the mutations test nothing.
        #expect(accepted > 0 && accepted < count)
    }

    @Test func `random bytes never crash the parser`() {
        var random = SplitMix64.seeded(for: "random bytes")
        let alphabet = Array(#"{}[]:,"\u0019eE+-.truefalsn d8 "#.utf8) + [0, 0xC3, 0xA9, 0xFF]
        for _ in 0..<5000 {
            let bytes = (0..<random.below(40)).map { _ in alphabet[random.below(alphabet.count)] }
            do throws(ContractViolation) {
                let value = try JSONValue(parsing: bytes)
                #expect(throws: Never.self) { try JSONValue(parsing: value.canonicalBytes()) }
            } catch {
                #expect(!error.reason.isEmpty)
            }
        }
    }

    @Test func `every prefix of a valid document is refused`() throws {
        let bytes = JSONValue.object(Samples.capture).canonicalBytes()
        for length in 0..<bytes.count {
            #expect(throws: ContractViolation.self) {
                try JSONValue(parsing: Array(bytes.prefix(length)))
            }
        }
    }
}

extension PropertyTests {
    static func value(depth: Int, using random: inout SplitMix64) -> JSONValue {
        switch random.below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(random.next() & 1 == 0)
        case 2: return .int(Int64(bitPattern: random.next() >> UInt64(random.below(64))))
        case 3:
            let text = "\(random.below(1000)).\(random.next())e-\(random.below(400))"
            return ExactNumber(text).map { .number($0) } ?? .null
        case 4, 5: return .string(text(using: &random))
        case 6:
            return .array(
                (0..<random.below(5)).map { _ in value(depth: depth - 1, using: &random) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<random.below(6) {
                members[text(using: &random)] = value(depth: depth - 1, using: &random)
            }
            return .object(members)
        }
    }

    static func text(using random: inout SplitMix64) -> String {
        let alphabet = Array("abz09 \"\\/\n\t\u{1}\u{7f}éü€😀\u{10FFFF}\u{E000}".unicodeScalars)
        var text = ""
        for _ in 0..<random.below(12) {
            text.unicodeScalars.append(alphabet[random.below(alphabet.count)])
        }
        return text
    }

    /// The value as somebody else would write it: any order, white space, needless escapes.
    static func scrambled(_ value: JSONValue, using random: inout SplitMix64) -> String {
        func gap() -> String { ["", " ", "\n", "\t \r\n"][random.below(4)] }
        func quoted(_ text: String) -> String {
            var result = "\""
            for unit in text.utf16 {
                let mustEscape = unit < 0x20 || unit == 0x22 || unit == 0x5C
                if mustEscape || (0xD800..<0xE000).contains(unit) || random.below(4) == 0 {
                    let hex = String(unit, radix: 16, uppercase: random.below(2) == 0)
                    result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                } else if let scalar = Unicode.Scalar(unit) {
                    result.unicodeScalars.append(scalar)
                }
            }
            return result + "\""
        }
        switch value {
        case .string(let text): return gap() + quoted(text) + gap()
        case .array(let elements):
            var written: [String] = []
            for element in elements { written.append(scrambled(element, using: &random)) }
            return "[" + gap() + written.joined(separator: ",") + "]"
        case .object(let members):
            var written: [String] = []
            for (name, member) in members.shuffled(using: &random) {
                written.append(
                    gap() + quoted(name) + gap() + ":" + scrambled(member, using: &random))
            }
            return "{" + gap() + written.joined(separator: ",") + "}"
        default: return value.canonicalText + gap()
        }
    }

    static func draft(using random: inout SplitMix64) -> EventDraft {
        let definitions = Catalogue.standard.definitions
        let definition = definitions[random.below(definitions.count)]
        let codes = ["USD", "EUR", "JPY", "GBP"]
        var data: [String: JSONValue] = [:]
        for index in 0..<random.below(4) {
            data["field\(index)"] = value(depth: 3, using: &random)
        }
        let isCommand = definition.kind == .command
        let instant = Timestamp.date(
            microseconds: Int64.random(in: 0..<4_000_000_000_000_000, using: &random))
        var draft = EventDraft(
            eventID: UUID.version7(at: instant, using: &random), type: definition.type,
            tenant: "tenant-\(random.below(10))", source: "source:\(random.below(10))",
            idempotencyKey: "key \(random.next())", occurredAt: instant,
            notBefore: random.below(2) == 0 ? instant.addingTimeInterval(1.000001) : nil,
            deadlineAt: isCommand && random.below(2) == 0 ? instant.addingTimeInterval(60) : nil,
            generation: isCommand ? 1 + random.below(3) : 1,
            correlationID: random.below(2) == 0 ? "correlation é" : nil,
            money: Currency(codes[random.below(codes.count)]).map {
                Money(
                    minorUnits: 1 + Int64(random.next() >> UInt64(2 + random.below(60))),
                    currency: $0)
            },
            ids: [
                "order_no": "\(random.below(100_000))", "site_id": "RefArch",
                "payment_intent": "pi_\(random.below(1000))", "refund": "re_\(random.below(1000))",
            ],
            data: data, unknownFields: random.below(3) == 0 ? ["x_new": ["a": 1]] : [:])
        // One random number in some thousands looks like a card.
        if !CardNumber.places(in: draft).isEmpty { draft.data = [:] }
        return draft
    }

    static func mutate(_ bytes: inout [UInt8], using random: inout SplitMix64) {
        let place = random.below(max(1, bytes.count))
        switch random.below(6) {
        case 0 where !bytes.isEmpty: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(random.below(8))
        case 2 where !bytes.isEmpty: bytes.remove(at: place)
        case 3: bytes.insert(Array(#"{}[]",:\09"#.utf8)[random.below(10)], at: place)
        case 4: bytes.removeLast(random.below(bytes.count + 1))
        default:
            let end = min(bytes.count, place + random.below(30))
            bytes.insert(contentsOf: Array(bytes[min(place, end)..<end]), at: place)
        }
    }
}
