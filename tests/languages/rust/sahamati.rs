// Needs ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g rust -i sahamati.yaml -o sahamati -p packageName=sahamati,packageVersion=0.0.0
use sahamati::apis::{configuration::Configuration, token_api, Error};
use sahamati::models::ErrorResponse;
use std::{env, process};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_url = env::var("SAHAMATI_SANDBOX_BASE_URL")?;
    let configuration = Configuration { base_path: base_url.clone(), ..Configuration::new() };
    let (id, secret) = (env::var("SAHAMATI_SANDBOX_ENTITY_ID")?, env::var("SAHAMATI_SANDBOX_SECRET")?);
    let response = match token_api::generate_entity_token(&configuration, &id, &secret).await {
        Ok(response) => response,
        Err(Error::ResponseError(response)) => {
            let rejection: ErrorResponse = serde_json::from_str(&response.content)?;
            eprintln!("sahamati: no token, code {}", rejection.error_code.unwrap_or_default());
            process::exit(1);
        }
        Err(error) => return Err(error.into()),
    };
    let lifetime = response.expires_in.filter(|&seconds| seconds > 0).unwrap_or(86400);

    // The emulator's echo API stands for the API that you want to use.
    let api_response = configuration.client.get(format!("{base_url}/echo")).bearer_auth(&response.access_token).send().await?;
    println!("sahamati: a token for {lifetime} s, the API responded with {}", api_response.status().as_u16());
    Ok(())
}
