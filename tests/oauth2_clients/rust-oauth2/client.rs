// Needs oauth2 with the feature reqwest-blocking
use oauth2::{basic::BasicClient, reqwest::blocking::Client, ClientId, ClientSecret, TokenResponse, TokenUrl};
use std::{env, error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let provider = env::args().nth(1).ok_or("name a provider")?;
    let service = env::var("GATEPASS_SERVICE_URL")?;
    let key = fs::read_to_string(env::var("GATEPASS_SERVICE_KEY_FILE")?)?;

    let http = Client::new();
    let client = BasicClient::new(ClientId::new("gatepass".into()))
        .set_client_secret(ClientSecret::new(key.trim().into()))
        .set_token_uri(TokenUrl::new(format!("{service}/{provider}/sandbox/token"))?);
    let token = client.exchange_client_credentials().request(&http)?;

    let response = http.get(env::var("API_URL")?).bearer_auth(token.access_token().secret()).send()?;
    println!("{provider}: {}", response.status().as_u16());
    Ok(())
}
