/// Times as `-m time` reads, tests and prints them: seconds since 1970, UTC, without leap seconds.
struct CalendarTime: Equatable {
    var year: Int
    /// From 1, as are the days.
    var month: Int
    var day: Int
    var second: Int

    static let secondsPerDay = 86_400

    init(year: Int, month: Int = 1, day: Int = 1, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.second = second
    }

    /// The proleptic Gregorian calendar, counted in eras of 400 years that begin in March.
    init(seconds: Int) {
        let days = CalendarTime.floorDivide(seconds, CalendarTime.secondsPerDay)
        second = seconds - days * CalendarTime.secondsPerDay
        let shifted = days + 719_468
        let era = CalendarTime.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days over the month's end run into the next month.
    var seconds: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = CalendarTime.floorDivide(shiftedYear, 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * CalendarTime.secondsPerDay + second
    }

    /// 1 is Monday, 7 Sunday.
    static func weekday(_ seconds: Int) -> Int {
        let days = floorDivide(seconds, secondsPerDay) + 3
        return days - floorDivide(days, 7) * 7 + 1
    }

    /// `2024-02-03T04:05:06`
    var text: String {
        "\(CalendarTime.padded(year, 4))-\(CalendarTime.padded(month))-\(CalendarTime.padded(day))T"
            + CalendarTime.clock(second)
    }

    /// `04:05:06`
    static func clock(_ second: Int) -> String {
        "\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60))"
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivide(_ a: Int, _ b: Int) -> Int {
        let quotient = a / b
        return a % b < 0 ? quotient - 1 : quotient
    }
}
