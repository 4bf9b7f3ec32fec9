/// Hexadecimal digits, lower case when written.
enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    static func append(_ byte: UInt8, to characters: inout [UInt8]) {
        characters.append(digits[Int(byte >> 4)])
        characters.append(digits[Int(byte & 0x0F)])
    }

    static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var characters: [UInt8] = []
        for byte in bytes { append(byte, to: &characters) }
        return String(decoding: characters, as: UTF8.self)
    }
}
