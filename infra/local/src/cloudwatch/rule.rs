//! The rule of a composite alarm: `ALARM(x) AND NOT (OK("y z") OR INSUFFICIENT_DATA(w))`. NOT binds
//! tighter than AND, AND tighter than OR; names may be ARNs and may be quoted.

use super::alarm::{StateValue, name_of};

/// A parsed rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `TRUE` or `FALSE`.
    Constant(bool),
    /// Whether an alarm is in a state.
    In(StateValue, String),
    /// Not.
    Not(Box<Rule>),
    /// Both.
    And(Box<Rule>, Box<Rule>),
    /// One or both.
    Or(Box<Rule>, Box<Rule>),
}

/// Elements that a rule may have. The API reference, on `AlarmRule` of `PutCompositeAlarm`: "Elements
/// are child alarms, TRUE or FALSE statements, and parentheses". Operators are none, and neither are
/// the parentheses of a function: those group nothing.
const ELEMENTS: usize = 500;

/// Characters that a rule may have, by the same reference.
const LENGTH: usize = 10_240;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    /// A quoted name, never a word of the language.
    Name(String),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > LENGTH {
            return Err(format!("the rule is longer than {LENGTH} characters"));
        }
        let tokens = tokens(text)?;
        if elements(&tokens) > ELEMENTS {
            return Err(format!("the rule has more than {ELEMENTS} elements"));
        }
        let mut tokens = tokens.as_slice();
        let rule = either(&mut tokens)?;
        match tokens.first() {
            None => Ok(rule),
            Some(token) => Err(format!("unexpected {token:?}")),
        }
    }

    /// Whether it holds; `state` tells the state of an alarm by its name, `None` where there is no
    /// such alarm, which is in no state.
    pub fn holds(&self, state: &impl Fn(&str) -> Option<StateValue>) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::In(expected, name) => state(name) == Some(*expected),
            Self::Not(rule) => !rule.holds(state),
            Self::And(left, right) => left.holds(state) && right.holds(state),
            Self::Or(left, right) => left.holds(state) || right.holds(state),
        }
    }

    /// The names of the alarms in it, each once, in alphabetical order.
    #[must_use]
    pub fn children(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut rules = vec![self];
        while let Some(rule) = rules.pop() {
            match rule {
                Self::Constant(_) => {}
                Self::In(_, name) => names.push(name.as_str()),
                Self::Not(rule) => rules.push(rule),
                Self::And(left, right) | Self::Or(left, right) => {
                    rules.extend([left.as_ref(), right.as_ref()]);
                }
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, rest.get(1..)),
            ')' => (Token::Close, rest.get(1..)),
            '"' => {
                let quoted = rest.get(1..).and_then(|rest| rest.split_once('"'));
                let (name, after) = quoted.ok_or("a quote is not closed")?;
                (Token::Name(name.to_owned()), Some(after))
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "()\"".contains(c));
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                (Token::Word(word.to_owned()), Some(after))
            }
        };
        tokens.push(token);
        rest = after.unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// Alarms, constants, and the parentheses that group.
fn elements(tokens: &[Token]) -> usize {
    let count = |wanted: &dyn Fn(&Token) -> bool| tokens.iter().filter(|t| wanted(t)).count();
    let parentheses = count(&|token| matches!(token, Token::Open | Token::Close));
    let words = |among: &'static [&str]| {
        count(
            &move |token| matches!(token, Token::Word(word) if among.iter().any(|a| a.eq_ignore_ascii_case(word))),
        )
    };
    let alarms = words(&["ALARM", "OK", "INSUFFICIENT_DATA"]);
    (words(&["TRUE", "FALSE"]) + parentheses).saturating_sub(alarms)
}

fn word(tokens: &mut &[Token], expected: &str) -> bool {
    match tokens.split_first() {
        Some((Token::Word(word), rest)) if word.eq_ignore_ascii_case(expected) => {
            *tokens = rest;
            true
        }
        _ => false,
    }
}

fn either(tokens: &mut &[Token]) -> Result<Rule, String> {
    let mut rule = both(tokens)?;
    while word(tokens, "OR") {
        rule = Rule::Or(Box::new(rule), Box::new(both(tokens)?));
    }
    Ok(rule)
}

fn both(tokens: &mut &[Token]) -> Result<Rule, String> {
    let mut rule = single(tokens)?;
    while word(tokens, "AND") {
        rule = Rule::And(Box::new(rule), Box::new(single(tokens)?));
    }
    Ok(rule)
}

fn single(tokens: &mut &[Token]) -> Result<Rule, String> {
    // NOTs are no elements: only the length bounds them, so they must not nest here.
    let mut negated = false;
    while word(tokens, "NOT") {
        negated = !negated;
    }
    let rule = plain(tokens)?;
    Ok(if negated { Rule::Not(Box::new(rule)) } else { rule })
}

fn plain(tokens: &mut &[Token]) -> Result<Rule, String> {
    let (first, rest) = tokens.split_first().ok_or("the rule ends too early")?;
    *tokens = rest;
    let state = match first {
        Token::Open => {
            let rule = either(tokens)?;
            close(tokens)?;
            return Ok(rule);
        }
        Token::Word(word) => match word.to_ascii_uppercase().as_str() {
            "TRUE" => return Ok(Rule::Constant(true)),
            "FALSE" => return Ok(Rule::Constant(false)),
            "ALARM" => StateValue::Alarm,
            "OK" => StateValue::Ok,
            "INSUFFICIENT_DATA" => StateValue::InsufficientData,
            _ => return Err(format!("unexpected {first:?}")),
        },
        Token::Close | Token::Name(_) => return Err(format!("unexpected {first:?}")),
    };
    let name = named(tokens)?;
    Ok(Rule::In(state, name_of(&name).to_owned()))
}

/// A name in parentheses; without quotes it may hold blanks, which count as one.
fn named(tokens: &mut &[Token]) -> Result<String, String> {
    let Some((Token::Open, rest)) = tokens.split_first() else {
        return Err("a name in parentheses is missing".to_owned());
    };
    *tokens = rest;
    let mut words = Vec::new();
    while let Some((Token::Word(word) | Token::Name(word), rest)) = tokens.split_first() {
        words.push(word.as_str());
        *tokens = rest;
    }
    close(tokens)?;
    if words.is_empty() { Err("a name is empty".to_owned()) } else { Ok(words.join(" ")) }
}

fn close(tokens: &mut &[Token]) -> Result<(), String> {
    match tokens.split_first() {
        Some((Token::Close, rest)) => {
            *tokens = rest;
            Ok(())
        }
        _ => Err("a closing parenthesis is missing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::alarm::{StateValue, arn};
    use super::Rule;

    /// `a` is in ALARM, `o` is OK, `i` has too little data, nothing else exists.
    fn state(name: &str) -> Option<StateValue> {
        match name {
            "a" | "two words" | "hook:a-1" => Some(StateValue::Alarm),
            "o" => Some(StateValue::Ok),
            "i" => Some(StateValue::InsufficientData),
            _ => None,
        }
    }

    #[test]
    fn rules_hold_or_do_not() {
        for (rule, expected) in [
            ("ALARM(a)", true),
            ("ALARM(o)", false),
            ("OK(o)", true),
            ("INSUFFICIENT_DATA(i)", true),
            ("INSUFFICIENT_DATA(a)", false),
            ("ALARM(unknown) OR OK(unknown)", false),
            ("TRUE", true),
            ("FALSE OR TRUE", true),
            ("alarm(a) and not alarm(o)", true),
            ("ALARM(\"two words\")", true),
            ("ALARM(hook:a-1)", true),
            // NOT before AND before OR.
            ("TRUE OR TRUE AND FALSE", true),
            ("(TRUE OR TRUE) AND FALSE", false),
            ("NOT FALSE AND FALSE", false),
            ("NOT (FALSE AND FALSE)", true),
            ("NOT NOT TRUE", true),
            ("(ALARM(a) OR ALARM(o)) AND NOT ALARM(i)", true),
            ("ALARM(a)AND(NOT(OK(o)))", false),
        ] {
            assert_eq!(Rule::parse(rule).unwrap().holds(&state), expected, "{rule}");
        }
        let by_arn = format!("ALARM({})", arn("hook:a-1"));
        assert!(Rule::parse(&by_arn).unwrap().holds(&state));
    }

    #[test]
    fn children_are_named_once() {
        let rule = Rule::parse("ALARM(b) AND (OK(a) OR NOT ALARM(b)) AND TRUE").unwrap();
        assert_eq!(rule.children(), ["a", "b"]);
    }

    #[test]
    fn a_rule_has_500_elements() {
        for (element, limit) in [("TRUE", 500), ("ALARM(a)", 500), ("(ALARM(a))", 166)] {
            assert!(Rule::parse(&vec![element; limit].join(" OR ")).is_ok(), "{element}");
            assert!(Rule::parse(&vec![element; limit + 1].join(" OR ")).is_err(), "{element}");
        }
    }

    #[test]
    fn a_rule_has_10_240_characters() {
        let nested = "NOT ".repeat(2_559) + "TRUE";
        assert!(!Rule::parse(&nested).unwrap().holds(&state));
        assert!(Rule::parse(&nested.replacen("NOT ", "    ", 1)).unwrap().holds(&state));
        assert!(Rule::parse(&format!(" {nested}")).is_err());
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for rule in [
            "",
            "ALARM",
            "ALARM()",
            "ALARM(a",
            "ALARM(a))",
            "ALARM(a) ALARM(o)",
            "ALARM(a) AND",
            "AND ALARM(a)",
            "ALARM(\"a)",
            "(",
            "\"TRUE\"",
            "BROKEN(a)",
        ] {
            assert!(Rule::parse(rule).is_err(), "{rule}");
        }
    }
}
