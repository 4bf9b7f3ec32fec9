/// Paths of SCAPI Orders v1, percent-encoded.
struct SCAPIPath {
    private let order: String
    private let query: String

    init(organizationID: String, siteID: String, orderNo: String) {
        let organization = Self.percentEncoded(organizationID)
        order =
            "/checkout/orders/v1/organizations/\(organization)/orders/"
            + Self.percentEncoded(orderNo)
        query = "?siteId=" + Self.percentEncoded(siteID)
    }

    /// The order itself, or one of its statuses (`payment-status`).
    func path(_ part: String? = nil) -> String {
        order + (part.map { "/" + $0 } ?? "") + query
    }

    /// The text with every byte outside RFC 3986's unreserved set as `%XX`.
    static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes.append(contentsOf: [
                    UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)],
                ])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
