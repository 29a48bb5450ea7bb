// SPDX-License-Identifier: Apache-2.0

//! Times the crate kafka-protocol on the inputs that DIR/inputs.txt lists, or on the named ones:
//! peer DIR [NAME...]

mod batch;
mod messages;
mod timing;

use bytes::Bytes;

pub struct Input {
    pub name: String,
    pub key: i16,
    pub version: i16,
    pub kind: String,
    pub data: Bytes,
}

fn number(text: &str) -> i16 {
    if text == "-" {
        0
    } else {
        text.parse().expect("a number")
    }
}

fn read(folder: &str) -> Vec<Input> {
    let list = std::fs::read_to_string(format!("{folder}/inputs.txt")).expect("inputs.txt");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let f: Vec<&str> = line.split_whitespace().collect();
            let data = Bytes::from(std::fs::read(format!("{folder}/{}", f[4])).expect(f[4]));
            Input {
                name: f[0].to_string(),
                key: number(f[1]),
                version: number(f[2]),
                kind: f[3].to_string(),
                data: data.slice(f[5].parse::<usize>().expect("an offset")..),
            }
        })
        .collect()
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let Some(folder) = words.get(1) else {
        eprintln!("usage: peer DIR [NAME...]");
        std::process::exit(2);
    };
    let names = &words[2..];
    let wanted = |input: &Input| names.is_empty() || names.contains(&input.name);
    for input in read(folder).into_iter().filter(wanted) {
        match input.kind.as_str() {
            "batch" => batch::bench_batch(&input),
            "raw" => timing::bench(&input.name, "crc", || crc32c::crc32c(&input.data)),
            _ => messages::bench_message(&input),
        }
    }
}
