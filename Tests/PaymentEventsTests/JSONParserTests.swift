import Testing

@testable import PaymentEvents

struct JSONParserTests {
    private static let valid: [(String, JSONValue)] = [
        ("null", JSONValue.null), ("true", true), (" false\n", false), ("0", 0), ("-0", 0),
        ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
        (#""""#, ""), (#""a\"\\\/\b\f\n\r\tA""#, "a\"\\/\u{8}\u{c}\n\r\tA"),
        (#""\ud83d\ude00 \u00e9 ü""#, "😀 é ü"), ("[]", []), ("[ 1 , [2] ]", [1, [2]]), ("{}", [:]),
        (#"{ "a" : { "b" : null } , "c" : [ { } ] }"#, ["a": ["b": nil], "c": [[:]]]),
    ]

    @Test(arguments: valid)
    func `a valid document gives its value`(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "0.10",
        "1e5", "-1.5E-10", "19.99",
    ])
    func `a number that is no Int64 keeps its text`(text: String) throws {
        let value = try JSONValue(parsing: "[\(text)]")
        #expect(value == .array([.number(try #require(ExactNumber(text)))]))
        #expect(value.canonicalText == "[\(text)]")
    }

    @Test(arguments: [
        "", " ", "nul", "truex", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5",
        "1e",
        "1e+", "0x10", "1 2", "[1,]", "[,]", "[1", "[1 2]", "{", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\" 1}", "\"", "\"\\", "\"\\x\"", "\"\\u12\"",
        "\"\\u12G4\"", "\"a\nb\"", "\"\u{0}\"", "\u{FEFF}{}", "{}}", "[]x", "/**/1", "]",
    ])
    func `what is not JSON is refused`(text: String) {
        #expect(rule(text) == .jsonSyntax)
    }

    @Test(arguments: [
        #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800x""#, #""\ud83d\ud83d""#,
        #""\ud800\"#,
    ])
    func `half a surrogate pair is refused`(text: String) {
        #expect(rule(text) == .jsonEncoding)
    }

    @Test(arguments: [
        [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80], [0x80],
    ])
    func `invalid UTF-8 is refused, after an escape too`(bytes: [UInt8]) {
        for prefix in [#"""#, #""\n"#] {
            let document = Array(prefix.utf8) + bytes + Array("\"".utf8)
            #expect(throws: ContractViolation.self) { try JSONValue(parsing: document) }
            #expect(rule(document) == .jsonEncoding)
        }
    }

    @Test func `an escaped NUL is refused`() {
        #expect(rule(#"{"a":"x\u0000y"}"#) == .nulCharacter)
    }

    @Test(arguments: ["1e401", "1e-401", "1e99999999999999999999"])
    func `an exponent beyond the limit is refused`(text: String) {
        #expect(rule(text) == .numberRange)
    }

    @Test func `a number with too many digits is refused`() {
        let longest = String(repeating: "9", count: ExactNumber.bytesMax)
        #expect(rule(longest) == nil)
        #expect(rule(longest + "9") == .numberRange)
    }

    @Test func `a member named twice is refused with its pointer`() {
        let violation = violation(#"{"a":[0,{"b/c":1,"d":2,"b/c":1}]}"#)
        #expect(violation?.rule == .duplicateKey)
        #expect(violation?.pointer.description == "/a/1/b~1c")
    }

    @Test func `an escaped name is the same name`() {
        #expect(rule(#"{"a":1,"\u0061":2}"#) == .duplicateKey)
    }

    @Test func `a violation points to the value that breaks the rule`() {
        #expect(violation(#"{"a":{"b":[1,2,tru]}}"#)?.pointer.description == "/a/b/2")
    }

    @Test func `nesting ends at the limit, for arrays and objects`() {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            func nested(_ depth: Int) -> String {
                String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            }
            #expect(rule(nested(64)) == nil)
            #expect(rule(nested(65)) == .jsonDepth)
            #expect(rule(String(repeating: open, count: 50_000)) == .jsonDepth)
        }
    }

    @Test func `a document beyond the limit is refused before it is read`() {
        let bytes = Array("[1,2]".utf8)
        #expect(throws: Never.self) {
            try JSONValue(parsing: bytes, limits: JSONLimits(bytesMax: 5))
        }
        #expect(throws: ContractViolation.self) {
            try JSONValue(parsing: bytes, limits: JSONLimits(bytesMax: 4))
        }
    }

    @Test func `an exact number takes only JSON's grammar`() {
        #expect(ExactNumber("12.50")?.text == "12.50")
        for text in ["", "1,5", "NaN", "0x1", "01", "[1]", "\"1\"", "1e999"] {
            #expect(ExactNumber(text) == nil, "\(text)")
        }
    }

    private func violation(_ text: String) -> ContractViolation? {
        violation(Array(text.utf8))
    }

    private func violation(_ bytes: [UInt8]) -> ContractViolation? {
        do throws(ContractViolation) {
            _ = try JSONValue(parsing: bytes)
            return nil
        } catch {
            return error
        }
    }

    private func rule(_ text: String) -> ContractViolation.Rule? { violation(text)?.rule }
    private func rule(_ bytes: [UInt8]) -> ContractViolation.Rule? { violation(bytes)?.rule }
}
