//! The names of the files and types of adapters.

use crate::sources::workspace;

#[test]
fn an_adapter_implements_a_port_in_the_file_of_its_name() {
    let impls = workspace().port_impls();
    assert!(impls.len() >= 9, "{} implementations", impls.len());
    for (file, block) in impls {
        let (_, inner) = file.path.split_once("/src/").unwrap();
        let name = inner.split(['/', '.']).next().unwrap();
        let port = snake_case(&block.name);
        assert!(name.ends_with(&port), "{} implements {}", file.path, block.name);
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}
